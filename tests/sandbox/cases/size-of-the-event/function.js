function onTrack(event) {
  return event.padding.length;
}
