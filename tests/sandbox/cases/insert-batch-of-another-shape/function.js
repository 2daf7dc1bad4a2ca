const returned = [{}, 'x', [{}, {}, {}], [{}, 'x'], [{}, [{}]]];
async function onBatch([{ n }]) {
  return returned[n];
}
