function onTrack() {
  return { get total() { for (;;); } };
}

function onIdentify() {
  return 'still here';
}
