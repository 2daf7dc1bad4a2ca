let events = 0;

function onTrack({ fail }) {
  events++;
  if (fail) throw new Error('failed');
  return events;
}
