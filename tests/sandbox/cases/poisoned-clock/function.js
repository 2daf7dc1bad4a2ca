Date.now = () => 'never';
globalThis.Date = null;

function onTrack() {
  console.log('told');
}
