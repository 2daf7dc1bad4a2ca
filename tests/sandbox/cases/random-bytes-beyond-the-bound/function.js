function onTrack() {
  try {
    crypto.randomBytes(2 ** 31 - 1);
  } catch (error) {
    return [error.name, error.message];
  }
}
