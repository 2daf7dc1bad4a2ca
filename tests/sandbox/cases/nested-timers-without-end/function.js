function onTrack() {
  return new Promise(() => {
    const again = () => setTimeout(again, 1);
    again();
  });
}

function onIdentify() {
  return 'still here';
}
