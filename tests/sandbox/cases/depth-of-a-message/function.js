function onRequest() {
  let value = [];
  for (let i = 0; i < 1500; i++) value = [value];
  Segment.track({ event: 'e', userId: 'u', properties: value });
}
