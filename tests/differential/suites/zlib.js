// `zlib` on bytes in hex: each case is a method, the data and the options.

const { zlib } = typeof require === 'function' ? { zlib: require('zlib') } : globalThis;

async function run([method, hex, options = {}]) {
  const data = Buffer.from(hex, 'hex');
  const { dictionary, ...rest } = options;
  const all = dictionary === undefined ? rest : { ...rest, dictionary: Buffer.from(dictionary, 'hex') };
  if (method.endsWith('Sync')) return zlib[method](data, all).toString('hex');
  return new Promise((done, failed) =>
    zlib[method](data, all, (error, result) => (error ? failed(error) : done(result.toString('hex')))),
  );
}
