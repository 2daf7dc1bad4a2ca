function onTrack() {
  onTrack = null;
  return 'the first';
}
