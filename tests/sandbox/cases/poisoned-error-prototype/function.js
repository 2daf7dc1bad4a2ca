for (const name of ['name', 'message', 'stack', 'toString']) {
  Object.defineProperty(Error.prototype, name, { get() { throw new Error('poisoned'); } });
}

function onTrack() {
  throw new TypeError('its own message');
}

function onIdentify() {
  return 'still here';
}
