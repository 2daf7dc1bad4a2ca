async function onTrack() {
  const order = [];
  await new Promise((resolve) => {
    setTimeout(() => order.push('later'), 20);
    setTimeout(() => order.push('sooner'), 1);
    clearTimeout(setTimeout(() => order.push('cleared'), 5));
    setTimeout(resolve, 40);
  });
  return order;
}
