async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise(() => {});
}

function onIdentify() {
  return 'still here';
}
