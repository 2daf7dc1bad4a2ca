function onTrack() {
  // Some 80,000,000 units of fuel: it must not begin.
  crypto.pbkdf2Sync('password', 'salt', 30000, 32, 'sha256');
}

function onIdentify() {
  return 'still here';
}
