function onTrack() {
  const number = { [Symbol.toPrimitive]() { for (;;); } };
  return number + 1;
}

function onIdentify() {
  return 'still here';
}
