// A destination function: tells a CRM of customers and their orders.

async function onIdentify(event, settings) {
  return send('PUT', `/contacts/${encodeURIComponent(event.userId)}`, event.traits, event, settings);
}

async function onTrack(event, settings) {
  const activity = { contact: event.userId, what: event.event, at: event.timestamp, ...event.properties };
  return send('POST', '/activities', activity, event, settings);
}

async function send(method, path, body, event, settings) {
  const response = await fetch(settings.endpoint + path, {
    method,
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${settings.apiKey}`,
      'Idempotency-Key': event.messageId,
    },
    body: JSON.stringify(body),
  });
  // Its trouble may pass, ours will not.
  if (response.status >= 500 || response.status === 429) throw new RetryError(`the CRM answered ${response.status}`);
  if (!response.ok) throw new Error(`the CRM refused ${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
