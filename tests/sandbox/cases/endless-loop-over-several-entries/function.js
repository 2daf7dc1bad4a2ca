async function onTrack() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (let i = 0; i < 100000; i++);
  }
}

function onIdentify() {
  return 'still here';
}
