function onTrack() {
  return new Promise(() => {});
}

function onIdentify() {
  return 'still here';
}
