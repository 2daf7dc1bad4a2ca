function onTrack() {
  const kept = [];
  for (;;) kept.push(new Array(100000).fill(7));
}

function onIdentify() {
  return 'still here';
}
