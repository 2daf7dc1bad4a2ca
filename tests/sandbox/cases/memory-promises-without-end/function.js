function onTrack() {
  const kept = [];
  for (;;) kept.push(new Promise(() => {}));
}

function onIdentify() {
  return 'still here';
}
