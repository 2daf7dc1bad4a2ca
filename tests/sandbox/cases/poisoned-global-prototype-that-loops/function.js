async function onTrack() {
  Object.setPrototypeOf(globalThis, new Proxy({}, { get() { for (;;); } }));
  return notDeclared;
}

function onIdentify() {
  return 'still here';
}
