async function onBatch(events) {
  const results = Array(events.length);
  results[1] = { status: 429, errormessage: { code: 7 } };
  return results;
}
