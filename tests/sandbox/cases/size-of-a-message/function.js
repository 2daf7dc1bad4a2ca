function onRequest() {
  Segment.track({ event: 'e', userId: 'u', properties: { text: 'x'.repeat(5e6) } });
}
