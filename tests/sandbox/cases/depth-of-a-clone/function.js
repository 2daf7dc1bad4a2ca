function onTrack() {
  let value = {};
  for (let i = 0; i < 100000; i++) value = { value };
  return typeof structuredClone(value);
}

function onIdentify() {
  return 'still here';
}
