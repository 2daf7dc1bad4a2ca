// {{name}}: an insert function changes events on their way to a destination. What it returns goes on.
// An event of a type without a handler stops here: onIdentify, onTrack, onPage, onScreen, onGroup, onAlias, onDelete.
interface Settings extends Penstock.Settings {
  internalDomain?: string;
}

export async function onTrack(event: Penstock.Track, settings: Settings): Promise<Penstock.Track> {
  if (settings.internalDomain && String(event.userId).endsWith(`@${settings.internalDomain}`)) {
    throw new DropEvent('our own people');
  }
  delete event.properties?.email;
  return event;
}

export async function onIdentify(event: Penstock.Identify): Promise<Penstock.Identify> {
  return event;
}
