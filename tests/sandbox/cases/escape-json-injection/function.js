function onTrack({ text }, settings) {
  return [text, settings];
}
