async function onRequest(request) {
  return Object.keys(request.json());
}
