let events = 0;

function onTrack({ loop }) {
  events++;
  while (loop);
  return events;
}
