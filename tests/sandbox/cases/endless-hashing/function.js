function onTrack() {
  while (true) crypto.createHash('sha256').update('x').digest();
}

function onIdentify() {
  return 'still here';
}
