async function onTrack() {
  throw new DropEvent('test user');
}
