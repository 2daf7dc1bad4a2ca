async function onTrack({ n }) {
  if (n === 1) {
    JSON.parse = null;
    leaked = 'from the event before';
  }
  return [typeof leaked, typeof JSON.parse];
}
