async function onTrack({ n }) {
  if (n) return n;
  fetch('https://api.example/').then(() => { throw new RetryError('too late'); });
  return 'done';
}
