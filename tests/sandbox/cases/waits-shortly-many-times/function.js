async function onTrack() {
  for (;;) await new Promise((resolve) => setTimeout(resolve, 1));
}

function onIdentify() {
  return 'still here';
}
