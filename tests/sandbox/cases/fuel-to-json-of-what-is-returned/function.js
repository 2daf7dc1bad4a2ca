function onTrack() {
  return { toJSON() { for (;;); } };
}

function onIdentify() {
  return 'still here';
}
