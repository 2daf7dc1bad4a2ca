function onTrack() {
  return String(7n ** (7n ** 20n)).length;
}

function onIdentify() {
  return 'still here';
}
