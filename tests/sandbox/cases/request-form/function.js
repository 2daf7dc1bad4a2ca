async function onRequest(request) {
  return [request.json(), request.text(), request.json() === request.json()];
}
