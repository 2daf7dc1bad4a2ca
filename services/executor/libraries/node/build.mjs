// How the library `node` is bundled: what its packages require of Node is that library itself.
import { fileURLToPath } from 'node:url';

const FILES = {
  buffer: './buffer.ts',
  'safe-buffer': './buffer.ts',
  process: './process.ts',
  qs: './querystring.ts',
  events: 'events/events.js',
  punycode: 'punycode/punycode.js',
  string_decoder: './string-decoder.ts',
  stream: 'readable-stream/lib/stream.js',
};

const aliases = {
  name: 'node-aliases',
  setup(build) {
    const resolveDir = fileURLToPath(new URL('.', import.meta.url));
    const filter = new RegExp(`^(${Object.keys(FILES).join('|')})/?$`);
    build.onResolve({ filter }, ({ path, kind }) => build.resolve(FILES[path.replace(/\/$/, '')], { kind, resolveDir }));
    // The prelude has both as globals.
    build.onResolve({ filter: /^abort-controller$/ }, ({ path }) => ({ path, namespace: 'empty' }));
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};

export const nodeOptions = {
  plugins: [aliases],
  // A package that names `process` without requiring it.
  inject: [fileURLToPath(new URL('process.ts', import.meta.url))],
};
