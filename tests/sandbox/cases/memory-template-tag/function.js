function onTrack() {
  const text = 'x'.repeat(1e6);
  return String.raw({ raw: new Array(1000).fill(text) }).length;
}

function onIdentify() {
  return 'still here';
}
