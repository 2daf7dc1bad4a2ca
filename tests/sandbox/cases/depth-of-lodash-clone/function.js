function onTrack() {
  let value = {};
  for (let i = 0; i < 100000; i++) value = { value };
  return typeof _.cloneDeep(value);
}

function onIdentify() {
  return 'still here';
}
