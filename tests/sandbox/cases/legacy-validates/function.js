const returned = [
  { events: [{ type: 'track', userId: 'u' }] },
  { events: [{ type: 'import', userId: 'u' }] },
  { events: [{ type: 'set', collection: 'c', id: '1' }] },
  { events: {} },
  { events: ['track'] },
  { objects: [{ collection: 'c' }] },
  'text',
];
exports.processEvents = async (event) => returned[event.payload.queryParameters.n ?? returned.length - 1 - left--];
var left = returned.length - 1;
