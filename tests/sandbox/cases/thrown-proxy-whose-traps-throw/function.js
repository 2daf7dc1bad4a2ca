const refuse = () => { throw new Error('refused'); };

function onTrack() {
  throw new Proxy({}, new Proxy({}, { get: () => refuse }));
}

function onIdentify() {
  return 'still here';
}
