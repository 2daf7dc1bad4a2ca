function onTrack() {
  for (;;) {
    try {
      throw new Error('again');
    } catch {}
  }
}

function onIdentify() {
  return 'still here';
}
