async function onTrack() {
  const results = await Promise.allSettled([1, 2, 3].map((n) => fetch(`https://api.example/${n}`)));
  return results.map((result) => result.reason?.code ?? result.value.status);
}
