async function onTrack() {
  const promise = (async () => {
    await null;
    return promise;
  })();
  return promise;
}
