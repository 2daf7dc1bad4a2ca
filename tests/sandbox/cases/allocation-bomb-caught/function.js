function onTrack() {
  let kept = [];
  try {
    for (;;) kept.push(new Array(100000).fill(7));
  } catch (error) {
    kept = [];
    return error.message;
  }
}
