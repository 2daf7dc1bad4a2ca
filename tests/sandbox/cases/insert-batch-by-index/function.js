async function onBatch(events) {
  return events.map((event) => (event.n === 1 ? null : { ...event, messageId: 'new', seen: true }));
}
