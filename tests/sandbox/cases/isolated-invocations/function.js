let count = 0;

function onTrack() {
  return ++count;
}
