// A destination function: tells a CRM of what customers do.

async function onTrack(event, settings) {
  const response = await fetch(`${settings.endpoint}/activities`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${settings.apiKey}` },
    body: JSON.stringify({ contact: event.userId, what: event.event, ...event.properties }),
  });
  if (response.status >= 500 || response.status === 429) throw new RetryError(`the CRM answered ${response.status}`);
  if (!response.ok) throw new Error(`the CRM refused it: ${response.status} ${await response.text()}`);
}
