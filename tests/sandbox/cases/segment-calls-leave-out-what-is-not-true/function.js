async function onRequest() {
  Segment.identify({ userId: 7, anonymousId: '', traits: 'text', context: 0, timestamp: false });
  Segment.track({ event: null, userId: 'u', properties: null });
  Segment.set({ collection: 'c', id: 0, properties: 0 });
  return [Segment.page({ anonymousId: 'a', name: '' })].map((each) => Object.keys(each));
}
