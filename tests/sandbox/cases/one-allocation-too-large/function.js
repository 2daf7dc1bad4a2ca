function onTrack() {
  return new ArrayBuffer(1024 * 1024 * 1024).byteLength;
}

function onIdentify() {
  return 'still here';
}
