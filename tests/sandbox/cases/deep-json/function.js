function onTrack() {
  return JSON.parse('['.repeat(1000000)) + 1;
}

function onIdentify() {
  return 'still here';
}
