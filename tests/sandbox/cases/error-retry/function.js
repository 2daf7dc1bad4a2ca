async function onTrack() {
  throw new RetryError('come back later');
}

function onIdentify() {
  return 'still here';
}
