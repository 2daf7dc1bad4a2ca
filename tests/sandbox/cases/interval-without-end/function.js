function onTrack() {
  return new Promise(() => setInterval(() => {}, 1));
}

function onIdentify() {
  return 'still here';
}
