function onTrack() {
  let value = 'leaf';
  for (let i = 0; i < 40; i++) value = [value, value];
  return value;
}

function onIdentify() {
  return 'still here';
}
