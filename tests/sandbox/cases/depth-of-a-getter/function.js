function onTrack() {
  const endless = { get again() { return this.again; } };
  return endless.again;
}

function onIdentify() {
  return 'still here';
}
