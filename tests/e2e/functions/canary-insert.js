// Shows its secrets, and passes on, drops or fails what comes; what it passes on is clean.
async function onTrack(event, settings) {
  const secrets = [settings.plain, settings.odd, ...settings.list, settings.map.inner];
  console.log(secrets, encodeURIComponent(settings.odd), JSON.stringify(settings));
  await fetch(`${settings.endpoint}/${encodeURIComponent(settings.odd)}`, { headers: { 'X-Api-Key': settings.plain } });
  if (event.properties.mode === 'insert-throws') throw new Error(`cannot use ${secrets}`);
  if (event.properties.mode === 'insert-drops') throw new DropEvent(`dropped for ${secrets}`);
  return event;
}
