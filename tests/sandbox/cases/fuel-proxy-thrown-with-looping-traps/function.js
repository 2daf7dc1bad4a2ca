function onTrack() {
  throw new Proxy({}, { get() { for (;;); } });
}

function onIdentify() {
  return 'still here';
}
