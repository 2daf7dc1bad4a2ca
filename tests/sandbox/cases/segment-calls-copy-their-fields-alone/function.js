const all = {
  userId: 'u', anonymousId: 'a', context: { c: 1 }, integrations: { All: false }, messageId: 'm', sentAt: 's', timestamp: 't',
  event: 'e', name: 'n', category: 'c', groupId: 'g', previousId: 'p', traits: { t: 1 }, properties: { p: 1 },
  receivedAt: 'r', version: 2, type: 'other', channel: 'x', collection: 'c', id: null,
};
async function onRequest() {
  const sent = ['identify', 'track', 'page', 'screen', 'group', 'alias'].map((call) => Segment[call](all));
  return [...sent, Segment.set(all)].map((each) => Object.keys(each).sort().join());
}
