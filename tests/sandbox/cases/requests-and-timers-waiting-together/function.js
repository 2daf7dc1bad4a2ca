function onTrack() {
  for (let i = 0; i < 600; i++) {
    setTimeout(() => {}, 1000);
    fetch('https://api.example/');
  }
}

function onIdentify() {
  return 'still here';
}
