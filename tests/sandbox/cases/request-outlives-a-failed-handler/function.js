function onTrack() {
  fetch('https://api.example/sent');
  throw new Error('but the request was made');
}

function onIdentify() {
  return 'still here';
}
