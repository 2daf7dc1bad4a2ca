const start = Date.now();
const id = crypto.randomUUID();
console.log('loaded');

function onTrack() {
  return [start > 1.7e12, id.length];
}
