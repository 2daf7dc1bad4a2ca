function onTrack() {
  return /^(a+)+$/.test('a'.repeat(64) + '!');
}

function onIdentify() {
  return 'still here';
}
