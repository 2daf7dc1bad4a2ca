function onTrack() {
  const data = 'x'.repeat(1e6);
  for (;;) crypto.createHash('sha256').update(data).digest('hex');
}

function onIdentify() {
  return 'still here';
}
