let runs = 0;
async function onRequest() {
  Segment.track({ event: `run ${++runs}`, userId: 'u' });
  Segment.set({ collection: 'c', id: `${runs}` });
  if (runs === 1) throw new RetryError('once more');
}
