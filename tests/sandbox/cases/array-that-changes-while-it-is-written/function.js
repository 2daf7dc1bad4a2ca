function onTrack() {
  const list = [1, { toJSON() { list.length = 0; list.push(...Array(1000).fill(9)); return 2; } }, 3];
  return list;
}
