function onTrack() {
  return { get then() { throw new TypeError('no then at all'); } };
}

function onIdentify() {
  return 'still here';
}
