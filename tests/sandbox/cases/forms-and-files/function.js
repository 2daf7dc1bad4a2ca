async function onTrack() {
  const form = new FormData();
  form.setBoundary('B');
  form.append('text', 'é');
  form.append('count', 5);
  form.append('file', Buffer.from('{}'), { filename: 'dir/a "b".json' });
  form.append('raw', new Blob(['x'], { type: 'image/x' }), 'x.bin');
  form.append('stream', (async function* () { yield 'one'; yield Buffer.from('two'); })(), { contentType: 'text/x' });
  await fetch('https://api.example/', { method: 'POST', body: form });
  const known = new FormData();
  known.setBoundary('K');
  known.append('a', 'é');
  known.append('file', Buffer.from('{}'), { filename: 'dir/a "b".json' });
  known.append('raw', new Blob(['x'], { type: 'image/x' }), 'x.bin');
  const response = await fetch('https://api.example/', { method: 'POST', body: known.getBuffer(), headers: known.getHeaders() });
  const blob = await response.blob();
  const sent = known.getBuffer().toString();
  if (sent !== await new Response(known).text()) throw new Error('a form is not what it gives at once');
  return [sent.split('\r\n'), new FormData().getBoundary().length, known.getHeaders({ 'X-A': '1' }), await new Response(form.get('raw')).text(), [blob.type, await blob.text()]];
}
