Object.prototype.toJSON = () => 1;
Array.prototype.filter = null;

function onTrack() {
  return 'done';
}
