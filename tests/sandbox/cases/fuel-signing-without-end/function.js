const { privateKey } = crypto.generateKeyPairSync('ed25519');

function onTrack() {
  while (true) {
    try {
      crypto.sign(null, Buffer.from('x'), privateKey);
    } catch {}
  }
}

function onIdentify() {
  return 'still here';
}
