async function onTrack() {
  await fetch('https://other.example/x', { method: 'POST', body: 'b' });
}

function onIdentify() {
  return 'still here';
}
