async function onTrack() {
  throw new InvalidEventPayload('no e-mail');
}

function onIdentify() {
  return 'still here';
}
