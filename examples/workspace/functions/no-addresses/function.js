// An insert function: takes properties out of events before they reach a destination.

async function onTrack(event, settings) {
  if (event.properties && event.properties.test) throw new DropEvent('an order to test with');
  event.properties = _.omit(event.properties, settings.drop);
  return event;
}
