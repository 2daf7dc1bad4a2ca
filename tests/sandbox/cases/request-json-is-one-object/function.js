async function onRequest(request) {
  const body = request.json();
  body.seen = true;
  return [typeof body.then, request.json() === body, request.json().seen, request.text()];
}
