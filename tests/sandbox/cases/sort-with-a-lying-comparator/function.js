function onTrack() {
  const list = Array.from({ length: 1000 }, (_, i) => i);
  list.sort((a) => {
    list.length = a % 7 ? 1000 : 10;
    list.push(a);
    return a % 3 ? 1 : -1;
  });
  return Array.isArray(list);
}
