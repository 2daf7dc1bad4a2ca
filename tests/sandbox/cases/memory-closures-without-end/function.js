function onTrack() {
  let last = null;
  for (;;) {
    const before = last;
    last = () => before;
  }
}

function onIdentify() {
  return 'still here';
}
