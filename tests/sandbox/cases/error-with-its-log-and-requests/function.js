async function onTrack() {
  console.log('before');
  await fetch('https://api.example/x', { method: 'POST' });
  throw new Error('after');
}
