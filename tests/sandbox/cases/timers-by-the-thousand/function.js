function onTrack() {
  for (let i = 0; i < 5000; i++) setTimeout(() => {}, 1);
  return new Promise(() => {});
}

function onIdentify() {
  return 'still here';
}
