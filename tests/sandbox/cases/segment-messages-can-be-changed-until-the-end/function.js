async function onRequest() {
  const message = Segment.track({ event: 'e', userId: 'u', properties: { n: 1 } });
  await new Promise((resolve) => setTimeout(resolve, 0));
  message.properties.n = 2;
  message.context = { late: true };
}
