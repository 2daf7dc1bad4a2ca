function onTrack() {
  return 'x'.repeat(5e6);
}

function onIdentify() {
  return 'still here';
}
