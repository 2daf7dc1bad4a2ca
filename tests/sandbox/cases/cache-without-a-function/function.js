async function onTrack() {
  return (await Promise.allSettled([cache.load('k', 5), cache.load('k')])).map(({ reason }) => `${reason}`);
}
