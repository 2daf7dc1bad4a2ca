async function onTrack() {
  throw new DropEvent('test user');
}

function onIdentify() {
  return 'still here';
}
