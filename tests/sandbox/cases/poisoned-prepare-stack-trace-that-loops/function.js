Error.prepareStackTrace = () => { for (;;); };

function onTrack() {
  throw new Error('never told');
}

function onIdentify() {
  return 'still here';
}
