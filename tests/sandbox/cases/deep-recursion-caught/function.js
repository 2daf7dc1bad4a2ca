function dive(depth) {
  return dive(depth + 1);
}

function onTrack() {
  try {
    dive(0);
  } catch (error) {
    return error instanceof RangeError;
  }
}
