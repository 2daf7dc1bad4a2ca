function onTrack() {
  return { then() { for (;;); } };
}

function onIdentify() {
  return 'still here';
}
