function onTrack() {
  return 'found';
}
return;
