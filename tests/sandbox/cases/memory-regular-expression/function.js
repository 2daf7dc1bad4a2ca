function onTrack() {
  return /(?:(a)|b)*c/.test('ab'.repeat(2e6));
}

function onIdentify() {
  return 'still here';
}
