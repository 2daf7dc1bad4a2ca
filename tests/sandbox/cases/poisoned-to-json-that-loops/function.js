Object.prototype.toJSON = () => { for (;;); };

function onTrack() {
  console.log('once');
  return 1;
}
