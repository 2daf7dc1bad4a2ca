function onTrack() {
  return Symbol('odd');
}
