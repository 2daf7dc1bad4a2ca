const long = { key: 'k'.repeat(2000), text: 'x'.repeat(3e5), nested: [] };
for (let i = 0; i < 5e4; i++) long.nested = [long.nested];
let events = 0;
async function onTrack() {
  let loads = 0;
  for (let i = 0; i < 2; i++) {
    await cache.load(long.key, -1, () => ++loads);
    await cache.load('text', -1, () => (loads++, long.text));
    await cache.load('nested', -1, () => (loads++, long.nested));
    for (let n = 0; n < 12; n++) await cache.load(`many ${n}`, -1, () => (loads++, 'y'.repeat(2e5)));
  }
  return loads;
}
