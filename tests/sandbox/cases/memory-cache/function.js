async function onTrack() {
  for (let i = 0; ; i++) await cache.load(`${i}`, -1, () => new ArrayBuffer(1e5));
}

function onIdentify() {
  return 'still here';
}
