async function onTrack() {
  let settled = false;
  setInterval(() => settled && console.log('after the handler'), 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  settled = true;
  return 'done';
}
