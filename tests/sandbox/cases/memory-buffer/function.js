function onTrack() {
  return Buffer.alloc(2 ** 30).length;
}

function onIdentify() {
  return 'still here';
}
