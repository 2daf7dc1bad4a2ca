// Posts each message to the endpoint.
async function onTrack(event, settings) {
  const response = await fetch(`${settings.endpoint}/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${settings.apiKey}` },
    body: JSON.stringify({ id: event.messageId, ...event.properties }),
  });
  if (!response.ok) throw new RetryError(`answered ${response.status}`);
}
