function onTrack() {
  throw 10n;
}

function onIdentify() {
  return 'still here';
}
