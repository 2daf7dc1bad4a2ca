let loads = 0;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function onTrack() {
  const load = (ms) => cache.load('k', ms, async () => ++loads);
  const first = await load(5);
  await wait(10);
  return [first, await load(), await load(0), await cache.load('zero', 0, () => 'a'), await cache.load('zero', 0, () => 'b')];
}
