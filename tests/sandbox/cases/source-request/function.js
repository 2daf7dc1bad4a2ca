async function onRequest(request, settings) {
  const body = request.json();
  Segment.track({ event: body.event, userId: request.headers.get('X-User'), properties: { page: request.url.searchParams.get('page') } });
  Segment.set({ collection: 'orders', id: 'o1', properties: { total: 3 } });
}
