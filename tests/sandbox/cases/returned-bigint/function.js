function onTrack() {
  return { total: 10n };
}
