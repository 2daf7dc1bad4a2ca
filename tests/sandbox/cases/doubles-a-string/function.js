async function onTrack() {
  let text = 'x'; while (true) text += text;
}
function onIdentify() { return 'still here'; }
