function onTrack() {
  return JSON.parse('[1]', function revive(key, value) {
    return key === '0' ? JSON.parse('[1]', revive) : value;
  });
}

function onIdentify() {
  return 'still here';
}
