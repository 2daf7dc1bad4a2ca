async function onTrack() {
  const headers = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'v']));
  try {
    await fetch('https://api.example/', { headers });
  } catch (error) {
    return [error.name, error.message];
  }
}
