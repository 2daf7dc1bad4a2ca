function onRequest() {
  Segment.set({ collection: 'c', id: 'i', properties: { text: 'x'.repeat(5e6) } });
}
