function onTrack() {
  return { then() {} };
}

function onIdentify() {
  return 'still here';
}
