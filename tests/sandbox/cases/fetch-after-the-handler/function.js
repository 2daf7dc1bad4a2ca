function onTrack() {
  fetch('https://api.example/late').then((answer) => console.log('late', answer.status));
  setTimeout(() => console.log('never'), 1);
  return 'first';
}
