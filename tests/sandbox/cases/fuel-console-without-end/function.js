function onTrack() {
  for (;;) console.log('more');
}

function onIdentify() {
  return 'still here';
}
