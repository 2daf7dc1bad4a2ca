function onTrack() {
  let proxy = {};
  for (let i = 0; i < 100000; i++) proxy = new Proxy(proxy, {});
  return proxy.anything;
}

function onIdentify() {
  return 'still here';
}
