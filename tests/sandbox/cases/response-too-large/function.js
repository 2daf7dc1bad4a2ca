async function onTrack() {
  try {
    await fetch('https://api.example/');
  } catch (error) {
    return [error.name, error.type, error.message];
  }
}
