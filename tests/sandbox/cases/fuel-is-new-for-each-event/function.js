function onTrack() {
  for (let i = 0; i < 100000; i++);
  return 'done';
}
