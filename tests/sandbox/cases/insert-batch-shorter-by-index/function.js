async function onBatch(events) {
  return events.filter((event) => event.n !== 0).map(({ n }) => ({ type: 'track', n }));
}
