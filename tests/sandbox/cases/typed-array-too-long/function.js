function onTrack() {
  return new Float64Array(2 ** 31).length;
}

function onIdentify() {
  return 'still here';
}
