async function onTrack() {
  const answer = await fetch('https://api.example/old');
  return [answer.url, answer.redirected, await answer.text()];
}
