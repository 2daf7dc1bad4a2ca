function onTrack() {
  throw { get message() { throw this; } };
}

function onIdentify() {
  return 'still here';
}
