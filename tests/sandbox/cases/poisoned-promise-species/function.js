Object.defineProperty(Promise, Symbol.species, { get() { throw new Error('species'); } });

async function onTrack() {
  await null;
  return 'done';
}
