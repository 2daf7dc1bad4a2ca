function* numbers() {
  for (;;) yield 1;
}

function onTrack() {
  return [...numbers()].length;
}

function onIdentify() {
  return 'still here';
}
