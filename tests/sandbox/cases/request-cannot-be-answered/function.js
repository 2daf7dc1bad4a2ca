async function onRequest(request) {
  Segment.track({ event: 'e', userId: 'u' });
  return { status: 500, body: 'ignored' };
}
