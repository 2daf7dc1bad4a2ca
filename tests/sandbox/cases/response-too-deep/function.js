async function onTrack() {
  const answer = await fetch('https://api.example/');
  return answer.json();
}

function onIdentify() {
  return 'still here';
}
