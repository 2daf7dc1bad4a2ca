Error.prepareStackTrace = () => ({ toString() { throw new Error('no stack'); } });

function onTrack() {
  throw new Error('still told');
}

function onIdentify() {
  return 'still here';
}
