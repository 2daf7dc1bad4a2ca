// Shows its secrets in every way that is kept, as the webhook asks; what it sends on is clean.
const shownIn = (settings) => [settings.plain, settings.odd, ...settings.list, settings.map.inner];

async function onRequest(request, settings) {
  const { id, mode, next } = request.json();
  for (const secret of shownIn(settings)) {
    console.log('secret', secret, { nested: { secret } }, JSON.stringify({ secret }), `'${secret}'`);
    console.error(btoa(unescape(encodeURIComponent(`user:${secret}`))), encodeURIComponent(secret));
    console.warn(Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64url'), Buffer.from(`x${secret}`));
  }
  if (mode === 'throw') throw new Error(`cannot use ${shownIn(settings)}`);
  if (mode === 'name') throw Object.assign(new Error('odd'), { name: `Bad${settings.plain}`, secret: settings.odd });
  if (mode === 'reject') return Promise.reject(`rejected ${settings.odd}`);
  if (mode === 'invalid') throw new ValidationError(`not ${settings.plain}`);
  Segment.track({ userId: 'u1', event: 'Happened', messageId: id, properties: { mode: next ?? 'ok' } });
}
