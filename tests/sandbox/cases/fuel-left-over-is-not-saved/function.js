function onTrack({ rounds }) {
  for (let i = 0; i < rounds; i++);
  return 'done';
}

function onIdentify() {
  return 'still here';
}
