function onTrack() {
  const list = [];
  list.push(list, list);
  return String(list);
}

function onIdentify() {
  return 'still here';
}
