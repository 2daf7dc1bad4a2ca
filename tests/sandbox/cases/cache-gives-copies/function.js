async function onTrack() {
  const load = () => cache.load('k', -1, async () => ({ list: [1], gone: undefined }));
  const first = await load();
  first.list.push(2);
  return [first, await load(), Object.keys(await load())];
}
