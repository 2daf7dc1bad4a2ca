function onTrack() {
  return new RegExp('(?:'.repeat(100000) + ')'.repeat(100000)).test('');
}

function onIdentify() {
  return 'still here';
}
