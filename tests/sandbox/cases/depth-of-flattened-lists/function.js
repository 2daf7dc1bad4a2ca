function onTrack() {
  let value = [];
  for (let i = 0; i < 100000; i++) value = [value];
  return value.flat(Infinity).length;
}

function onIdentify() {
  return 'still here';
}
