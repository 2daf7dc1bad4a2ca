exports.processEvents = async (event) => {
  const { body, headers, queryParameters } = event.payload;
  console.log(`${headers['X-Hub-Signature']}`, headers['x-hub-signature'][0], 'X-HUB-SIGNATURE' in headers, headers.none, Object.keys(headers).join());
  console.log(queryParameters.a, queryParameters.b);
  return {
    events: [
      { type: 'identify', userId: '1234', traits: { n: body.n } },
      { type: 'track', event: 'Event Name', userId: '1234', properties: {}, extra: 1 },
      { type: 'group', userId: '1234', groupId: '1234', traits: {} },
    ],
    objects: [{ collection: 'rooms', id: 'String of Object ID', properties: {} }],
  };
};
