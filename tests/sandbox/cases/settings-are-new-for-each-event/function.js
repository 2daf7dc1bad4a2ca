const early = typeof settings;
function onTrack(event, settings) {
  const was = settings.list.length;
  settings.list.push('mine');
  return [early, was];
}
