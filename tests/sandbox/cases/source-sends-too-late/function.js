function onRequest() {
  fetch('https://api.example/').then(() => Segment.track({ event: 'late', userId: 'u' }));
  Segment.track({ event: 'in time', userId: 'u' });
}
