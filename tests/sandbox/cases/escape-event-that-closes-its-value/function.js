function onTrack(event, settings) {
  return settings;
}

function onIdentify() {
  return 'still here';
}
