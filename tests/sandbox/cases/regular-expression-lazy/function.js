function onTrack() {
  return /^(?:a+?)+?$/.test('a'.repeat(60) + '!');
}

function onIdentify() {
  return 'still here';
}
