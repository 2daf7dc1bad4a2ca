async function onBatch(events, settings) {
  const statuses = [200, 400, 200, 500, 500, 200];
  return events.map((event, i) => ({ status: statuses[i], ...(statuses[i] >= 400 && { errormessage: `${event.type} failed`, errorMessage: 'no' }) }));
}
