async function onBatch(events) {
  return [{ status: 200 }];
}
