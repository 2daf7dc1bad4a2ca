async function onBatch([{ n }]) {
  if (n === 2) throw new DropEvent('all');
  return n ? [] : undefined;
}
