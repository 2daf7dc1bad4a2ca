function onTrack(event) {
  if (event.n === 1) throw new DropEvent('no');
  if (event.n === 2) throw new RetryError('later');
  return event.n === 3 ? undefined : { ...event, seen: true };
}
