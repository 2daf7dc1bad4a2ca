function onTrack() {
  return /^(?:a|aa)+$/.test('a'.repeat(100) + '!');
}

function onIdentify() {
  return 'still here';
}
