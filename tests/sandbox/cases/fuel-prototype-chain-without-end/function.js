function onTrack() {
  const endless = new Proxy({}, { getPrototypeOf: () => endless });
  return endless instanceof Map;
}

function onIdentify() {
  return 'still here';
}
