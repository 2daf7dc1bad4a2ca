// {{name}}: a destination function sends events elsewhere. Handlers of other types are onIdentify, onPage, onScreen,
// onGroup, onAlias, onDelete, and onBatch for many events at once.

async function onTrack(event, settings) {
  const response = await fetch(`${settings.endpoint}/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${settings.apiKey}` },
    body: JSON.stringify({ user: event.userId, what: event.event, ...event.properties }),
  });
  // Its trouble may pass: the event is tried again. All other errors discard it.
  if (response.status >= 500 || response.status === 429) throw new RetryError(`answered ${response.status}`);
  if (!response.ok) throw new Error(`refused: ${response.status} ${await response.text()}`);
}
