Object.defineProperty(String.prototype, Symbol.split, { value() { throw new Error('split'); } });

function onTrack() {
  throw new Error('still told');
}

function onIdentify() {
  return 'still here';
}
