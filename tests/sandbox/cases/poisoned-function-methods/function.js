Function.prototype.call = Function.prototype.apply = Function.prototype.bind = null;
Reflect.apply = Reflect.construct = null;

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return (await (await fetch('https://api.example/')).json()).ok;
}
