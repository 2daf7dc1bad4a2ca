async function onTrack() {
  await fetch('https://api.example/slow');
}

function onIdentify() {
  return 'still here';
}
