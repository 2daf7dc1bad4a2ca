async function onTrack() {
  const thrown = () => {};
  thrown[Symbol.toPrimitive] = () => { for (;;); };
  throw thrown;
}

function onIdentify() {
  return 'still here';
}
