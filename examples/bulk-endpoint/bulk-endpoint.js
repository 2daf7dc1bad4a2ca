// A destination function: indexes events in Elasticsearch, a batch with one request. Each event has a fate of its own.

async function onBatch(events, settings) {
  const usable = events.filter(({ messageId }) => messageId);
  const items = usable.length ? await index(usable, settings) : [];
  const fates = new Map(usable.map((event, i) => [event, fateOf(items[i])]));
  return events.map((event) => fates.get(event) || { status: 400, errormessage: 'the event has no messageId' });
}

// Where few events come they come alone.
async function onTrack(event, settings) {
  const [{ status, errormessage }] = await onBatch([event], settings);
  if (status === 429 || status >= 500) throw new RetryError(errormessage);
  if (status >= 400) throw new InvalidEventPayload(errormessage);
}

async function index(events, settings) {
  const lines = events.flatMap((event) => [{ index: { _id: event.messageId } }, event]);
  const response = await fetch(`${settings.endpoint}/${settings.index}/_bulk?filter_path=items.*.status,items.*.error`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson', Authorization: `ApiKey ${settings.apiKey}` },
    body: lines.map((line) => JSON.stringify(line) + '\n').join(''),
  }).catch((error) => {
    throw new RetryError(error.message);
  });
  if (response.status === 429 || response.status >= 500) throw new RetryError(`the index answered ${response.status}`);
  if (!response.ok) throw new Error(`the index refused the batch: ${response.status} ${await response.text()}`);
  const { items } = await response.json();
  return items;
}

function fateOf({ index: { status, error } }) {
  return error ? { status, errormessage: `${error.type}: ${error.reason}` } : { status };
}
