let loads = 0;
async function onTrack() {
  const both = await Promise.all([cache.load('k', 60000, async () => ++loads), cache.load('k', 60000, async () => ++loads)]);
  return [...both, await cache.load('k', async () => ++loads), loads];
}
