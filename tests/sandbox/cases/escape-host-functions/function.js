const atTopLevel = Object.getOwnPropertyNames(globalThis).filter((name) => /penstock|host|qjs/i.test(name));

function onTrack() {
  const hidden = Object.getOwnPropertyNames(globalThis).filter((name) => /penstock|host|qjs/i.test(name));
  return [atTopLevel, hidden, typeof __penstock, typeof __penstock_host];
}
