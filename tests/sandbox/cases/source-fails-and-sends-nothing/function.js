async function onRequest() {
  Segment.track({ event: 'a', userId: 'u' });
  throw new Error('after all');
}
