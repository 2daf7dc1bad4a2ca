let runs = 0;
async function onTrack() {
  const mine = ++runs;
  const loading = cache.load('k', -1, async () => (await fetch('https://api.example/')).text());
  return mine === 1 ? 'gone' : loading;
}
