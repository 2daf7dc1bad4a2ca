async function onTrack(event, settings) {
  event.properties = { plan: settings.plan };
  return event;
}
