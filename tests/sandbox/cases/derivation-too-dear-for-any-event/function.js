function onTrack() {
  try {
    return crypto.pbkdf2Sync('password', 'salt', 10 ** 9, 32, 'sha256');
  } catch ({ name, code }) {
    return { name, code };
  }
}
