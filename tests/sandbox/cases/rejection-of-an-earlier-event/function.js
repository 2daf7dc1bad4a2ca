let kept = null;

async function onTrack() {
  kept?.(new Error('of the event before'));
  new Promise((_resolve, reject) => (kept = reject));
  return 'done';
}
