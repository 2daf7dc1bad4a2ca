function onTrack() {
  return Math.max(...new Array(1e6).fill(1));
}

function onIdentify() {
  return 'still here';
}
