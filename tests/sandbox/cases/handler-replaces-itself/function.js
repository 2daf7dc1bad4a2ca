function onTrack() {
  onTrack = () => 'the second';
  return 'the first';
}
