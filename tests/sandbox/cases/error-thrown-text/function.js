async function onTrack() {
  throw 'just text';
}

function onIdentify() {
  return 'still here';
}
