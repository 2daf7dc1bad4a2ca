function onTrack() {
  const buffer = new ArrayBuffer(8, { maxByteLength: 2 ** 30 });
  buffer.resize(2 ** 30);
  return buffer.byteLength;
}

function onIdentify() {
  return 'still here';
}
