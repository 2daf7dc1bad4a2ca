async function onRequest() { throw new DropEvent('no'); }
