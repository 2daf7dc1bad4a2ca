function onTrack() {
  let value = [];
  for (let i = 0; i < 100000; i++) value = [value];
  console.log(value);
  console.dir(value, { depth: null });
  return 'done';
}
