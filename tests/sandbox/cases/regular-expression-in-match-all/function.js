function onTrack() {
  return [...('a'.repeat(60) + '!').matchAll(/(?:a+)+$/g)].length;
}

function onIdentify() {
  return 'still here';
}
