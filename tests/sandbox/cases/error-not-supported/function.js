async function onTrack() {
  throw new EventNotSupported('track is not for us');
}

function onIdentify() {
  return 'still here';
}
