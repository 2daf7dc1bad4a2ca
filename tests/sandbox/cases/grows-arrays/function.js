async function onTrack() {
  const all = []; while (true) all.push(new Array(100000).fill(1));
}
function onIdentify() { return 'still here'; }
