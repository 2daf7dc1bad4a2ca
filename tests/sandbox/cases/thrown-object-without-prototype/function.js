function onTrack() {
  throw Object.assign(Object.create(null), { message: 'bare' });
}

function onIdentify() {
  return 'still here';
}
