const returned = [[{ type: 'track' }], 'text', 7, true, false, [], '', 0];
async function onTrack({ n }) {
  return returned[n];
}
