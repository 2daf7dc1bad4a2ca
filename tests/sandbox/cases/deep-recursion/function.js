function dive(depth) {
  return dive(depth + 1);
}

function onTrack() {
  return dive(0);
}

function onIdentify() {
  return 'still here';
}
