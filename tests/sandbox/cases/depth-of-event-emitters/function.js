function onTrack() {
  const controller = new AbortController();
  controller.signal.addEventListener('abort', function again() {
    const next = new AbortController();
    next.signal.addEventListener('abort', again);
    next.abort();
  });
  controller.abort();
}

function onIdentify() {
  return 'still here';
}
