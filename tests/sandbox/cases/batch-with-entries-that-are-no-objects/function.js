async function onBatch() {
  return [{ status: 200 }, 'sent'];
}
