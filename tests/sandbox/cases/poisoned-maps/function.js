for (const name of ['get', 'set', 'delete', 'has', 'clear', 'entries']) Map.prototype[name] = null;
globalThis.Map = null;

function onTrack() {
  return new Promise((resolve) => resolve(typeof Map));
}
