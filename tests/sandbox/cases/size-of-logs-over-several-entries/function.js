async function onTrack() {
  for (let i = 0; i < 10; i++) {
    console.log(`${i}`.repeat(1000));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
