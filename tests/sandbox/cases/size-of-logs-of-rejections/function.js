async function onTrack() {
  for (let i = 0; i < 1000; i++) Promise.reject('x'.repeat(10000));
  return 'done';
}
