const odd = ['200', 99, 600, 200.5, true, null, {}];
async function onBatch([{ n }]) {
  return [{ status: 200 }, { status: odd[n] }];
}
