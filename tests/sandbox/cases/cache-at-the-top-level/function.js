const early = cache.load('k', -1, async () => 'early');
async function onTrack() {
  return [await early, await cache.load('k', -1, () => 'late')];
}
