function onTrack() {
  return /^(?:\p{L}+)+$/iu.test('\u{10400}'.repeat(60) + '!');
}

function onIdentify() {
  return 'still here';
}
