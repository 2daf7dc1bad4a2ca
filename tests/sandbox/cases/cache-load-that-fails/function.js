async function onTrack() {
  let loads = 0;
  const load = () => cache.load('k', -1, async () => {
    if (++loads === 1) throw new RetryError('not yet');
    return loads;
  });
  const told = await Promise.allSettled([load(), load()]);
  return [told.map(({ reason }) => `${reason}`), await load()];
}
