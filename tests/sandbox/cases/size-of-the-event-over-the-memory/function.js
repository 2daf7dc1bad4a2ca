function onTrack(event) {
  return event.padding.length;
}

function onIdentify() {
  return 'still here';
}
