function onTrack() {
  const kept = [];
  const bytes = new Uint8Array(1e6);
  for (;;) kept.push(structuredClone(bytes));
}

function onIdentify() {
  return 'still here';
}
