Object.prototype.then = function (resolve) {
  resolve(7);
};

async function onTrack() {
  return { was: 'an object' };
}
