function onTrack() {
  return /^(?:[\p{L}--[a-b]]+)+$/v.test('c'.repeat(60) + '!');
}

function onIdentify() {
  return 'still here';
}
