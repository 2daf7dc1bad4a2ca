async function onRequest(request) {
  Segment.track({ event: 'before', userId: 'u' });
  return request.json();
}
