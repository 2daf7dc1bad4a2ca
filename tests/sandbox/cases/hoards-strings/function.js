async function onTrack() {
  const all = []; while (true) all.push('x'.repeat(1e6));
}
function onIdentify() { return 'still here'; }
