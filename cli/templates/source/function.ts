// {{name}}: a source function turns a webhook into messages. They leave only if it finishes without an error.
interface Settings extends Penstock.Settings {
  eventName: string;
}

interface SignUp {
  user?: { id?: string | number };
  plan?: string;
}

export async function onRequest(request: Penstock.ServerRequest, settings: Settings): Promise<void> {
  const body = request.json() as SignUp; // parsed JSON, or the fields of a form
  if (!body.user?.id) throw new InvalidEventPayload('the webhook has no user');

  Segment.track({
    userId: String(body.user.id),
    event: settings.eventName,
    properties: { plan: body.plan },
  });
}
