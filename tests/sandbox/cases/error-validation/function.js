async function onTrack() {
  throw new ValidationError('bad total');
}

function onIdentify() {
  return 'still here';
}
