let events = 0;

function onTrack({ hang }) {
  events++;
  return hang ? new Promise(() => {}) : events;
}
