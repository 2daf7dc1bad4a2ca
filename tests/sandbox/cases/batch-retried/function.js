async function onBatch(events) {
  throw new RetryError(`${events.length} later`);
}
