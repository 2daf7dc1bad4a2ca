function onTrack(event) {
  return 'not reached';
}

function onIdentify() {
  return 'still here';
}
