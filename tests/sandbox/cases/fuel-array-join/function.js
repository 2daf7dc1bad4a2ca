function onTrack() {
  return new Array(2 ** 28).join('xy').length;
}

function onIdentify() {
  return 'still here';
}
