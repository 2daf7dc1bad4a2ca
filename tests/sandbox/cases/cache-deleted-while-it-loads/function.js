async function onTrack() {
  let loads = 0;
  const load = () => cache.load('k', -1, async () => {
    const mine = ++loads;
    await new Promise((resolve) => setTimeout(resolve, 1));
    return mine;
  });
  const first = load();
  await new Promise((resolve) => setTimeout(resolve, 0));
  cache.delete('k');
  return [await first, await load(), await load()];
}
