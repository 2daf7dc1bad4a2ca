function onTrack() {
  throw { name: 'Error', message: 'slow', get stack() { for (;;); } };
}

function onIdentify() {
  return 'still here';
}
