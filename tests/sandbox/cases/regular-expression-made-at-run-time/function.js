function onTrack() {
  return new RegExp(`^${'a?'.repeat(60)}${'a'.repeat(60)}$`).test('a'.repeat(59));
}

function onIdentify() {
  return 'still here';
}
