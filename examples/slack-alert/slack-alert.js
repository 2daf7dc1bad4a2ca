// A destination function: posts a line to a Slack channel when one of the chosen events happens.

async function onTrack(event, settings) {
  if (!settings.events.includes(event.event)) throw new EventNotSupported(`nobody asked to be told of ${event.event}`);
  if (!event.properties || _.isEmpty(event.properties)) throw new InvalidEventPayload(`${event.event} has no properties`);

  const who = event.userId || event.anonymousId || 'somebody';
  const details = Object.entries(event.properties).map(([name, value]) => `• ${name}: ${escaped(value)}`);
  const text = [`*${escaped(event.event)}* by ${escaped(who)}`, ...details].join('\n');
  await post(settings.webhookUrl, { text });
}

async function post(url, message) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(message),
  }).catch((error) => {
    throw new RetryError(error.message);
  });
  if (response.status === 429 || response.status >= 500) throw new RetryError(`Slack answered ${response.status}`);
  // Such as invalid_token or channel_is_archived.
  if (!response.ok) throw new Error(`Slack refused the message: ${await response.text()}`);
}

// Slack takes these three for its own marks.
function escaped(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
