const calls = {
  identify: { traits: {} }, track: { event: 'e' }, page: { name: 'n' }, screen: { name: 'n' },
  group: { groupId: 'g', traits: {} }, alias: { previousId: 'p' },
};
async function onRequest() {
  return Object.entries(calls).map(([call, fields]) => {
    const told = [undefined, '', 0, null, false].map((userId) => {
      try { Segment[call]({ ...fields, userId }); } catch (error) { return `${error}`; }
    });
    return [...new Set(told), Segment[call]({ ...fields, anonymousId: 'a' }).type];
  });
}
