// A destination function: streams events into a BigQuery table, a batch with one request.
// Its columns: message_id, user_id, event (STRING), at (TIMESTAMP), properties (JSON).

async function onBatch(events, settings) {
  await insert(events, settings);
}

// Where few events come they come alone.
async function onTrack(event, settings) {
  await insert([event], settings);
}

async function insert(events, settings) {
  const { projectId, dataset, table, clientEmail, privateKey } = settings;
  const bigquery = new google.cloud.bigquery.BigQuery({
    projectId,
    credentials: { client_email: clientEmail, private_key: privateKey },
    // Tries that follow are Penstock's.
    autoRetry: false,
    maxRetries: 0,
  });
  try {
    await bigquery.dataset(dataset).table(table).insert(events.map(rowOf), { raw: true, partialRetries: 0 });
  } catch (error) {
    throw translated(error);
  }
}

function rowOf({ messageId, userId, event, timestamp, properties }) {
  if (!messageId || !timestamp) throw new InvalidEventPayload('an event has no id or no time');
  const json = { message_id: messageId, user_id: userId, event, at: timestamp, properties: JSON.stringify(properties) };
  // By the id BigQuery knows a row that comes again.
  return { insertId: messageId, json };
}

function translated(error) {
  if (error instanceof InvalidEventPayload) return error;
  if (error.name === 'PartialFailureError') {
    const [{ reason, message }] = error.errors[0].errors;
    return new InvalidEventPayload(`BigQuery did not take a row: ${reason} ${message}`);
  }
  // BigQuery's errors have a code, those of signing in a status. Without either there was no answer.
  const status = Number(error.code) || error.status || 0;
  const isPassing = !status || status === 429 || status >= 500;
  return isPassing ? new RetryError(`BigQuery: ${error.message}`) : new Error(`BigQuery: ${status} ${error.message}`);
}
