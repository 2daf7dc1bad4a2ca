function onTrack() {
  return new RegExp('()'.repeat(100000));
}

function onIdentify() {
  return 'still here';
}
