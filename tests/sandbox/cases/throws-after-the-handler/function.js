function onTrack() {
  fetch('https://api.example/').then(() => { throw new Error('too late'); });
  return 'done';
}
