async function onTrack() {
  return new Proxy({}, { ownKeys() { throw new Error('no keys'); } });
}
