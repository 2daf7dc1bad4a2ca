const returned = [() => 1, Symbol('s'), { n: 1n }];
async function onTrack(event) {
  const cycle = { type: 'track' };
  cycle.cycle = cycle;
  return event.n < 3 ? returned[event.n] : cycle;
}
