function onTrack() {
  const cells = new Int32Array(new SharedArrayBuffer(8));
  try {
    return Atomics.wait(cells, 0, 0, 60000);
  } catch (error) {
    return error.name;
  }
}
