async function onTrack() {
  for (;;) await null;
}

function onIdentify() {
  return 'still here';
}
