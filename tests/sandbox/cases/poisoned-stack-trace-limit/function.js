Error.stackTraceLimit = -1;
Object.freeze(Error);

function onTrack() {
  throw new Error('still told');
}

function onIdentify() {
  return 'still here';
}
