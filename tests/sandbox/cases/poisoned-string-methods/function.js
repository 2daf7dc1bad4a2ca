for (const name of ['slice', 'indexOf', 'split', 'replace', 'trim', 'charCodeAt', 'toWellFormed']) String.prototype[name] = null;
globalThis.parseInt = globalThis.String = globalThis.Number = null;

async function onTrack() {
  const drawn = [Math.random(), crypto.randomUUID === undefined];
  throw new Error(typeof drawn[0]);
}

function onIdentify() {
  return 'still here';
}
