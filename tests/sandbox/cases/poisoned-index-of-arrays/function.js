Object.defineProperty(Array.prototype, '0', { set() {}, get() { return 'forged'; }, configurable: true });

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return (await (await fetch('https://api.example/')).json()).ok;
}
