async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  for (;;);
}

function onIdentify() {
  return 'still here';
}
