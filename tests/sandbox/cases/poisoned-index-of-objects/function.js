for (const index of [0, 1, 2]) Object.defineProperty(Object.prototype, index, { set() { throw new Error('set'); }, configurable: true });

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return (await (await fetch('https://api.example/')).json()).ok;
}
