function onTrack() {
  uuidv5 = uuidv5.uuidv5;
  zlib = zlib.zlib;
  return [typeof uuidv5, typeof zlib.gzipSync];
}
