function onTrack() {
  return 'x'.padEnd(2 ** 29, 'ab').length;
}

function onIdentify() {
  return 'still here';
}
