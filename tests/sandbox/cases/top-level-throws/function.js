const limit = settings.limit;

function onTrack() {
  return limit;
}
