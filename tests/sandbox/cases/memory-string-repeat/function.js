function onTrack() {
  return 'x'.repeat(2 ** 29).length;
}

function onIdentify() {
  return 'still here';
}
