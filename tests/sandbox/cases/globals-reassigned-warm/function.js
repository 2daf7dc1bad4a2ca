cache = { mine: true };
function onTrack() {
  const was = typeof atob('YQ==');
  atob = () => 1;
  return [was, cache.mine, typeof Segment];
}
