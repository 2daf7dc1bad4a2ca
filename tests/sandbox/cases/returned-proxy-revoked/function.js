function onTrack() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function onIdentify() {
  return 'still here';
}
