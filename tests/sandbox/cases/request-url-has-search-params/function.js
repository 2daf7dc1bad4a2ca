async function onRequest({ url }) {
  return [url instanceof URL, url.searchParams.getAll('a'), url.searchParams.get('b'), url.searchParams.get('none'), url.pathname];
}
