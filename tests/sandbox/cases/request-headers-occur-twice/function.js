async function onRequest(request) {
  return [request.headers.get('X-List'), request.headers.get('content-TYPE'), request.headers.get('x-none'), request.headers.has('X-LIST')];
}
