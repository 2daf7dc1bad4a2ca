async function onBatch(events) {
  throw new InvalidEventPayload('all of them');
}
