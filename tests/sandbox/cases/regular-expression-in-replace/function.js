function onTrack() {
  return ('a'.repeat(60) + '!').replace(/(a*)*$/g, (found) => found.length);
}

function onIdentify() {
  return 'still here';
}
