function onTrack() {
  throw { message: { toString() { for (;;); } } };
}

function onIdentify() {
  return 'still here';
}
