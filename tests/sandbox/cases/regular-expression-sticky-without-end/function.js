function onTrack() {
  const empty = /(?:)/g;
  while (empty.exec('abc'));
}

function onIdentify() {
  return 'still here';
}
