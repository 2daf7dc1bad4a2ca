function onTrack() {
  return /(?<=^(?:a+)+)b/.test('c' + 'a'.repeat(60) + 'b');
}

function onIdentify() {
  return 'still here';
}
