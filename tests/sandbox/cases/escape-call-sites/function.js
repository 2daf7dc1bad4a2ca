function onTrack() {
  const kept = [];
  Error.prepareStackTrace = (_error, sites) => sites;
  const sites = [].concat(new Error('here').stack);
  for (const site of sites) {
    for (const name of ['getFunction', 'getThis']) if (typeof site?.[name]?.() === 'function' || typeof site?.[name]?.() === 'object') kept.push(name);
  }
  return kept;
}
