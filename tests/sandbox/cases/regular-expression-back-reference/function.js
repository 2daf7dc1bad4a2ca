function onTrack() {
  return /^(a*)(a*)(a*)(a*)(a*)(a*)\1\2\3\4\5\6b$/.test('a'.repeat(400));
}

function onIdentify() {
  return 'still here';
}
