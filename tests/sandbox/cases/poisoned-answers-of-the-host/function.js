Object.defineProperty(Object.prototype, 'error', { get: () => ({ type: 'system', message: 'forged' }), set() {} });

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return (await (await fetch('https://api.example/')).json()).ok;
}

function onIdentify() {
  return 'still here';
}
