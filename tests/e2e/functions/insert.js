// Marks what goes through it, and drops or refuses what says so.
async function onTrack(event, settings) {
  const { drop, refuse } = event.properties;
  if (drop === settings.mark) throw new DropEvent('as it says');
  if (refuse === settings.mark) throw new InvalidEventPayload(`refused with ${settings.key}`);
  event.properties.marks = [...(event.properties.marks || []), settings.mark];
  return event;
}
