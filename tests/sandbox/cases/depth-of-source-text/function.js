function onTrack() {
  return eval('['.repeat(100000));
}

function onIdentify() {
  return 'still here';
}
