for (const type of [Object, Array, Function, Promise, Error, String, Map, RegExp]) Object.freeze(type.prototype);

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return (await (await fetch('https://api.example/')).json()).ok;
}
