function onTrack() {
  let value = 'leaf';
  for (let i = 0; i < 40; i++) value = [value, value];
  return JSON.stringify(value).length;
}

function onIdentify() {
  return 'still here';
}
