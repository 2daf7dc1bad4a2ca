async function onRequest() {
  for (let i = 0; i < 5; i++) {
    Segment.track({ event: 'e', userId: 'u', properties: { text: 'x'.repeat(1e6) } });
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
