async function onBatch(events) {
  return events.map((event) => ({ status: event.ok ? 200 : 400 }));
}
