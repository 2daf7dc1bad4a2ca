function onTrack() {
  throw null;
}

function onIdentify() {
  return 'still here';
}
