async function onTrack() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (let i = 0; i < 50; i++) await null;
  }
}

function onIdentify() {
  return 'still here';
}
