async function onTrack() {
  throw new Error('no such customer');
}

function onIdentify() {
  return 'still here';
}
