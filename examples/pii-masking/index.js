// An insert function: takes personal data out of events before they reach a destination.
import { masked, withoutHost } from './mask.js';

export const onIdentify = mask;
export const onTrack = mask;
export const onPage = mask;
export const onScreen = mask;
export const onGroup = mask;

export async function onBatch(events, settings) {
  return events.map((event) => mask(event, settings));
}

function mask(event, settings) {
  const { context = {}, traits, properties } = event;
  if (context.consent?.categoryPreferences?.Advertising === false) throw new DropEvent('the user has not consented');
  if (typeof context !== 'object') throw new InvalidEventPayload('context is no object');

  if (traits) event.traits = masked(traits, settings);
  if (properties) event.properties = masked(properties, settings);
  event.context = masked(context, settings);
  if (context.ip) event.context.ip = withoutHost(context.ip);
  return event;
}
