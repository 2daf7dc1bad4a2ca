let loads = 0;
async function onTrack() {
  const load = () => cache.load('k', -1, async () => ++loads);
  const first = await load();
  const nothing = [cache.delete('k'), cache.delete('none'), cache.delete('x'.repeat(2000))];
  return [first, await load(), nothing.every((each) => each === undefined)];
}
