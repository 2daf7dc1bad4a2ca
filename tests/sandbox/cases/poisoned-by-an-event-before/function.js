async function onTrack({ n }) {
  if (n === 1) {
    JSON.parse = JSON.stringify = Array.prototype[Symbol.iterator] = null;
    Object.prototype.toJSON = () => 'poisoned';
    leaked = 'from the event before';
  }
  return n;
}
