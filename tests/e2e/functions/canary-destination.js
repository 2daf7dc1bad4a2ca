// Sends its secrets to the outside in every part of a request, and fails with them as the event asks.
async function send(settings, secret) {
  const quoted = encodeURIComponent(secret);
  return fetch(`${settings.endpoint}/${quoted}?key=${quoted}&plain=${settings.plain}#${quoted}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${settings.plain}`, 'X-Api-Key': settings.plain, 'X-Other': `a=${settings.plain}` },
    body: JSON.stringify({ secret, form: new URLSearchParams({ secret }).toString(), basic: btoa(`u:${settings.plain}`) }),
  });
}

async function onTrack(event, settings) {
  const secrets = [settings.plain, settings.odd, ...settings.list, settings.map.inner];
  console.log(secrets, JSON.stringify(JSON.stringify(secrets)), settings);
  for (const secret of secrets) await send(settings, secret);
  const { mode } = event.properties;
  const told = `${mode} with ${secrets.join(' and ')}`;
  if (mode === 'host') await fetch(`http://${settings.plain}.invalid/`);
  if (mode === 'user') await fetch(`${settings.endpoint.replace('http://', `http://u:${settings.plain}@`)}/`);
  if (mode === 'retry') throw new RetryError(told);
  if (mode === 'invalid') throw new InvalidEventPayload(told);
  if (mode === 'unsupported') throw new EventNotSupported(told);
  if (mode === 'drop') throw new DropEvent(told);
  if (mode === 'name') throw Object.assign(new TypeError(told), { name: settings.plain });
  if (mode === 'cause') throw new Error('outer', { cause: new Error(told) });
  if (mode === 'long') throw new Error('x'.repeat(3990) + told.repeat(20));
  if (mode === 'json') JSON.parse(settings.odd);
  if (mode === 'loop') while (true) {}
  return { secrets };
}
