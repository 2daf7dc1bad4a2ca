function onTrack() {
  const nested = { toJSON: () => ({ nested }) };
  return JSON.stringify(nested);
}

function onIdentify() {
  return 'still here';
}
