// Sends the webhook's body on as a track message; throws what it is told to.
async function onRequest(request, settings) {
  const body = request.json();
  if (body.loop) while (true) {}
  if (body.hoard) { const all = []; while (true) all.push(new Array(100000).fill(all.length)); }
  if (body.recurse) { const again = () => again() + 1; again(); }
  Segment.track({ userId: 'u1', event: 'Happened', messageId: body.id, properties: body });
}
