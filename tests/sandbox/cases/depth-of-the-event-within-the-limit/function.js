function onTrack({ deep }) {
  let depth = 0;
  for (let value = deep; value !== undefined; value = value[0]) depth++;
  return depth;
}

function onIdentify() {
  return 'still here';
}
