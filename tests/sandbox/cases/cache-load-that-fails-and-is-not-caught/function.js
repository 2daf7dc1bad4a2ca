function onTrack() {
  return cache.load('k', -1, () => { throw new RetryError('not yet'); });
}
