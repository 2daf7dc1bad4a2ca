Array.prototype.toJSON = () => 'no list';

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return (await (await fetch('https://api.example/')).json()).ok;
}
