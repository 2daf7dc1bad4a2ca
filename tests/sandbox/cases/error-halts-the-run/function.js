let after = 0;
async function onTrack({ n }) {
  if (n) return after;
  throw new Error('stop');
  after++;
}
