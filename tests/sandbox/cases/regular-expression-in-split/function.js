function onTrack() {
  return ('a'.repeat(60) + '!').split(/(?:a+)+$/);
}

function onIdentify() {
  return 'still here';
}
