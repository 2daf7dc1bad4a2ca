function onTrack() {
  throw undefined;
}

function onIdentify() {
  return 'still here';
}
