async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 60000));
}

function onIdentify() {
  return 'still here';
}
