function onTrack() {
  const loop = {};
  loop.loop = loop;
  return loop;
}
