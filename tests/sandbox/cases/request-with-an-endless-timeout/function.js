async function onTrack() {
  const answers = await Promise.all([Infinity, 1e308, NaN, -1].map((timeout) => fetch('https://api.example/', { timeout })));
  return answers.map((answer) => answer.status);
}
