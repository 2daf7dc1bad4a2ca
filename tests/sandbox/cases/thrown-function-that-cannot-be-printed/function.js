function onTrack() {
  throw Object.assign(() => {}, { toString: null, valueOf: null });
}

function onIdentify() {
  return 'still here';
}
