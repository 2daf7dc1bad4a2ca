function onTrack() {
  const text = 'x'.repeat(1e5);
  return text.replace(/x+/, '$&'.repeat(1e5)).length;
}

function onIdentify() {
  return 'still here';
}
