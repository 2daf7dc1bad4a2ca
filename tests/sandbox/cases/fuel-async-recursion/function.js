async function descend() {
  await null;
  return descend();
}

async function onTrack() {
  return descend();
}

function onIdentify() {
  return 'still here';
}
