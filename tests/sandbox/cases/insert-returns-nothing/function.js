async function onTrack(event) {
  return event.n ? null : undefined;
}
