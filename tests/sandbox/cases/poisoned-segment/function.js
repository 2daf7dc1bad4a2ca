async function onRequest() {
  const { track } = Segment;
  Array.prototype.push = Array.prototype.map = Object.assign = Object.entries = JSON.stringify = null;
  track({ event: 'e', userId: 'u', properties: { a: [1] } });
}
