function onTrack() {
  throw new Error('x'.repeat(1e6));
}

function onIdentify() {
  return 'still here';
}
