let kept = null;

function onTrack() {
  const was = kept === null ? 'new' : 'warm';
  kept = new ArrayBuffer(40e6);
  return was;
}
