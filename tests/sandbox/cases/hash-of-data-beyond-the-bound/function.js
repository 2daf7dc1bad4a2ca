function onTrack() {
  try {
    crypto.createHash('md5').update('x'.repeat(9e6)).digest();
  } catch (error) {
    return [error.name, error.message];
  }
}
