function onTrack() {
  return new SharedArrayBuffer(2 ** 30).byteLength;
}

function onIdentify() {
  return 'still here';
}
