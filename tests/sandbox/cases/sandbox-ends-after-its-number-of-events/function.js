let events = 0;

function onTrack() {
  return ++events;
}
