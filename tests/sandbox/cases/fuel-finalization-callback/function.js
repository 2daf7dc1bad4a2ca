async function onTrack() {
  const registry = new FinalizationRegistry(() => { for (;;); });
  registry.register({}, 'gone at once');
  return 'done';
}

function onIdentify() {
  return 'still here';
}
