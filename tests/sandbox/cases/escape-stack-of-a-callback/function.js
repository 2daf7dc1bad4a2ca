async function onTrack() {
  const stacks = [];
  await cache.load('key', -1, () => stacks.push(new Error('in a callback').stack));
  await new Promise((resolve) => setTimeout(() => resolve(stacks.push(new Error('in a timer').stack)), 1));
  return stacks.filter((stack) => /\/work|\.ts|\.py/.test(stack));
}
