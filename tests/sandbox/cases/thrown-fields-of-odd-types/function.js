function onTrack() {
  throw { name: Symbol('name'), message: 7n, stack: [1, 2] };
}

function onIdentify() {
  return 'still here';
}
