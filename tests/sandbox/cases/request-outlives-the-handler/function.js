function onTrack() {
  fetch('https://api.example/slow');
  return 'done';
}
