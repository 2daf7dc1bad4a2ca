async function onTrack() {
  const results = await Promise.allSettled([1, 2].map((n) => fetch(`https://api.example/${n}`)));
  return results.map((result) => result.status);
}
