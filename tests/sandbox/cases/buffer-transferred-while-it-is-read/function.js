function onTrack() {
  const bytes = new Uint8Array(64);
  const index = { valueOf() { bytes.buffer.transfer(); return 3; } };
  return [bytes.at(index) ?? null, bytes.length];
}
