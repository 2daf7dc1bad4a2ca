function onTrack() {
  const error = new Error('slow');
  Object.defineProperty(error, 'name', { get() { for (;;); } });
  throw error;
}

function onIdentify() {
  return 'still here';
}
