const needed = { track: ['event'], group: ['groupId'], alias: ['previousId'], set: ['collection', 'id'] };
const all = { userId: 'u', event: 'e', groupId: 'g', previousId: 'p', collection: 'c', id: '1' };
function told(call, fields) {
  try { Segment[call](fields); return 'passed'; } catch (error) { return error instanceof ValidationError && error.message; }
}
async function onRequest() {
  return Object.entries(needed).flatMap(([call, fields]) =>
    fields.map((field) => [undefined, '', null].map((value) => told(call, { ...all, [field]: value }))));
}
