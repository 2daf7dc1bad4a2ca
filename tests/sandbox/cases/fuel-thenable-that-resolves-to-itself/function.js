function onTrack() {
  const endless = { then: (resolve) => resolve(endless) };
  return endless;
}

function onIdentify() {
  return 'still here';
}
