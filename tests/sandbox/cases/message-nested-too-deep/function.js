function onTrack() {
  let properties = {};
  for (let i = 0; i < 3000; i++) properties = { properties };
  Segment.track({ userId: 'u1', event: 'Deep', properties });
}

function onIdentify() {
  return 'still here';
}
