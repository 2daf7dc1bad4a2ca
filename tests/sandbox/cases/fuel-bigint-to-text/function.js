function onTrack() {
  return String(3n ** 600000n).length;
}

function onIdentify() {
  return 'still here';
}
