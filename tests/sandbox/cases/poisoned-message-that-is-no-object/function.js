Object.prototype.toJSON = () => 1;

function onRequest() {
  Segment.track({ event: 'e', userId: 'u' });
}
