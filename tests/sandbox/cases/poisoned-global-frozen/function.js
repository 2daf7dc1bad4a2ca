Object.freeze(globalThis);

async function onTrack(event) {
  leaked = event.n;
  return [typeof leaked, Object.isFrozen(globalThis)];
}
