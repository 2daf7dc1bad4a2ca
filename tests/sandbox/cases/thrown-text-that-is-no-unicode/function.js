function onTrack() {
  throw { name: '\udc00', message: 'half \ud800 of a pair\u0000' };
}

function onIdentify() {
  return 'still here';
}
