function onTrack() {
  const mirror = new Proxy({}, { get: (target, key) => mirror[key] });
  return mirror.anything;
}

function onIdentify() {
  return 'still here';
}
