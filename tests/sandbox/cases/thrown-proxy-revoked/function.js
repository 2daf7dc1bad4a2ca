function onTrack() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  throw proxy;
}

function onIdentify() {
  return 'still here';
}
