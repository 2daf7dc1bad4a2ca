function onRequest() {
  for (let i = 0; i < 2000; i++) Segment.track({ event: 'e', userId: `u${i}` });
}
