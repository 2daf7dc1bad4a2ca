function onTrack() {
  const again = () => queueMicrotask(again);
  again();
  return 'done, but its microtasks are not';
}

function onIdentify() {
  return 'still here';
}
