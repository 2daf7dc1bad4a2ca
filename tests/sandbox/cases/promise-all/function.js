async function onTrack() {
  const answers = await Promise.all([1, 2, 3].map((n) => fetch(`https://api.example/${n}`)));
  return Promise.all(answers.map((answer) => answer.json()));
}
