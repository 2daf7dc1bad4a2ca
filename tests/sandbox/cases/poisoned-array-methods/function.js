for (const name of ['push', 'map', 'filter', 'forEach', 'join', 'slice', 'splice', 'concat', 'includes']) Array.prototype[name] = null;

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  Promise.reject(new Error('handled')).catch(() => {});
  return cache.load('key', -1, () => 'done');
}
