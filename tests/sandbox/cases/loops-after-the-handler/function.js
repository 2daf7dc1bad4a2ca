function onTrack() {
  fetch('https://api.example/').then(() => { for (;;); });
  return 'done';
}
