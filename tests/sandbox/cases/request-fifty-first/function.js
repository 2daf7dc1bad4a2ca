async function onTrack() {
  for (let i = 1; ; i++) {
    try {
      await fetch('https://api.example/');
    } catch (error) {
      return [i, error.name, error.code, error.message];
    }
  }
}
