async function onRequest(request) {
  const p = { a: 1 }; Segment.track({ userId: 'u', event: 'e', properties: p }); p.self = p; p.big = 10n;
}
