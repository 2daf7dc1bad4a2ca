async function onTrack() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  Promise.reject(null);
  Promise.reject(undefined);
  Promise.reject(proxy);
  Promise.reject(Symbol('odd'));
  Promise.reject({ toString: null });
  Promise.reject({ message: { toString() { throw new Error('no text'); } } });
  return 'done';
}
