function onTrack() {
  throw { name: 'x'.repeat(1e6), message: 'm' };
}

function onIdentify() {
  return 'still here';
}
