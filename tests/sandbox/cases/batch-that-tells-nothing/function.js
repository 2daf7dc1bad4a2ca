const returned = [undefined, null, {}, [], 'sent', [{ ok: true }, 1], [undefined, undefined, undefined], { status: 500 }, [{ status: 'ok' }, { status: null }, { status: true }]];
async function onBatch([{ n }]) {
  return returned[n];
}
