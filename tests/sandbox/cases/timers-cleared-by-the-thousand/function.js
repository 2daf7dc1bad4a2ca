async function onTrack() {
  for (let i = 0; i < 5000; i++) clearTimeout(setTimeout(() => {}, 1));
  return 'none is left';
}
