function onTrack() {
  console.log('%s', { toString() { for (;;); } });
}

function onIdentify() {
  return 'still here';
}
