async function onTrack() {
  await null;
  for (let i = 0; i < 3000000; i++);
  return 'late, but done';
}
