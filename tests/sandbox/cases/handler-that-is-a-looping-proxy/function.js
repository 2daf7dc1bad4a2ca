onTrack = new Proxy(() => {}, { apply() { for (;;); } });

function onIdentify() {
  return 'still here';
}
