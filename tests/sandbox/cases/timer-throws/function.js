async function onTrack(event) {
  setTimeout(() => { throw new TypeError('in a timer'); }, 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return 'done';
}
