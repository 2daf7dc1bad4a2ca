JSON.parse = JSON.stringify = null;
Promise.prototype.then = null;
Array.prototype.push = null;

async function onTrack(event) {
  await null;
  return event.userId;
}
