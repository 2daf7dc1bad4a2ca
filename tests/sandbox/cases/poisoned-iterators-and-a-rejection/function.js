Array.prototype[Symbol.iterator] = Array.prototype.filter = null;

async function onTrack() {
  Promise.reject(new Error('handled')).catch(() => {});
  Promise.reject(new Error('not handled'));
  return 'done';
}
