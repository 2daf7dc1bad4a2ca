async function onTrack() {
  try {
    await fetch('https://down.example/x');
  } catch (error) {
    return [error.name, error.code, error.type, error.message];
  }
}
