let count = 0;

function onTrack() {
  implicit = count;
  return ++count;
}
