Promise.prototype.constructor = null;

async function onTrack() {
  await null;
  return 'done';
}
