async function onTrack(event, settings) {
  event.properties.key = settings.apiKey;
  return event;
}
