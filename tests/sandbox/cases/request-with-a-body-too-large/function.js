async function onTrack() {
  await fetch('https://api.example/', { method: 'POST', body: 'x'.repeat(5e6) });
}

function onIdentify() {
  return 'still here';
}
