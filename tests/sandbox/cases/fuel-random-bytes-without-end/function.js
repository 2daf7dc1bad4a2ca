function onTrack() {
  for (;;) crypto.randomBytes(65536);
}

function onIdentify() {
  return 'still here';
}
