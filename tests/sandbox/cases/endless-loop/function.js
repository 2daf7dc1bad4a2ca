function onTrack() {
  while (true) {}
}

function onIdentify() {
  return 'still here';
}
