// {{name}}: a source function turns a webhook into messages. They leave only if it finishes without an error.

async function onRequest(request, settings) {
  const body = request.json(); // parsed JSON, or the fields of a form
  if (!body.user || !body.user.id) throw new InvalidEventPayload('the webhook has no user');

  Segment.track({
    userId: String(body.user.id),
    event: settings.eventName,
    properties: { plan: body.plan },
  });
}
