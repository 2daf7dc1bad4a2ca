function onTrack() {
  return '\ufdfa'.repeat(2e6).normalize('NFKD').length;
}

function onIdentify() {
  return 'still here';
}
