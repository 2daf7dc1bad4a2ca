async function onRequest(request, settings) {
  const given = Buffer.from(request.headers.get('x-hub-signature-256') ?? '');
  const expected = Buffer.from(`sha256=${crypto.createHmac('sha256', settings.secret).update(request.text()).digest('hex')}`);
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    throw new ValidationError('the signature is not GitHub\'s');
  }
  const { action, issue } = request.json();
  Segment.track({ event: `Issue ${action}`, userId: 'u1', properties: { title: issue.title } });
}
