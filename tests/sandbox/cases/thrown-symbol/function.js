function onTrack() {
  throw Symbol('odd');
}

function onIdentify() {
  return 'still here';
}
