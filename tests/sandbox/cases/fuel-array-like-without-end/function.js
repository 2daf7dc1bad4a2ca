function onTrack() {
  return Array.prototype.includes.call({ length: Number.MAX_SAFE_INTEGER }, 1);
}

function onIdentify() {
  return 'still here';
}
