function onTrack() {
  return { then() { throw new TypeError('no then'); } };
}

function onIdentify() {
  return 'still here';
}
