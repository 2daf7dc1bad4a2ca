// {{name}}: a source insert function changes events of a source before they are routed. What it returns
// goes on.
// An event of a type without a handler stops here: onIdentify, onTrack, onPage, onScreen, onGroup, onAlias, onDelete.

async function onTrack(event, settings) {
  if (settings.internalDomain && String(event.userId).endsWith(`@${settings.internalDomain}`)) {
    throw new DropEvent('our own people');
  }
  delete event.properties?.email;
  return event;
}

async function onIdentify(event) {
  return event;
}
