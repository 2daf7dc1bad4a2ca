Array.prototype[Symbol.iterator] = null;

async function onTrack() {
  throw new Error('still told');
}

function onIdentify() {
  return 'still here';
}
