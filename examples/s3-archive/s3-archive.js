// A destination function: keeps all events in an S3 bucket, those of a batch in one file of JSON lines.

async function onBatch(events, settings) {
  await archive(events, settings);
}

// Where few events come they come alone.
async function onIdentify(event, settings) {
  await archive([event], settings);
}
async function onTrack(event, settings) {
  await archive([event], settings);
}
async function onPage(event, settings) {
  await archive([event], settings);
}
async function onGroup(event, settings) {
  await archive([event], settings);
}

async function archive(events, settings) {
  const [{ messageId, timestamp }] = events;
  if (!messageId || Number.isNaN(Date.parse(timestamp))) throw new InvalidEventPayload('an event has no id or no time');

  const s3 = new AWS.S3({
    region: settings.region,
    accessKeyId: settings.accessKeyId,
    secretAccessKey: settings.secretAccessKey,
    // Tries that follow are Penstock's.
    maxRetries: 0,
  });
  const object = {
    Bucket: settings.bucket,
    // The same key at each try, so that nothing is kept twice.
    Key: `${settings.prefix}${timestamp.slice(0, 10)}/${messageId}.jsonl`,
    Body: events.map((event) => JSON.stringify(event) + '\n').join(''),
    ContentType: 'application/x-ndjson',
  };
  try {
    await s3.putObject(object).promise();
  } catch (error) {
    // No connection, throttled, or answered with 5xx.
    if (error.retryable || error.statusCode >= 500) throw new RetryError(`S3: ${error.code} ${error.message}`);
    throw new Error(`S3 refused ${object.Key}: ${error.code} ${error.message}`);
  }
}
