function onTrack() {
  throw Object.assign(new Error('forged'), { name: 'OutOfFuel' });
}

function onIdentify() {
  return 'still here';
}
