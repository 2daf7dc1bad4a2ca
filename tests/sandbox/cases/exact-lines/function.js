function inner() {

  throw new TypeError('deep');
}
async function onTrack() {
  await null;
  inner();
}

function onIdentify() {
  return 'still here';
}
