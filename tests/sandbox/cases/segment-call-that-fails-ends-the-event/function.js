async function onRequest() {
  Segment.track({ event: 'first', userId: 'u' });
  Segment.group({ groupId: 'g' });
}
