function onTrack() {
  return eval(`[${'1,'.repeat(2e6)}]`).length;
}

function onIdentify() {
  return 'still here';
}
