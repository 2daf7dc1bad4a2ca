// Bundles the prelude, Penstock's JavaScript runtime, into the one script that makes the engine's base image.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('src/main.ts')],
  outfile: here('../dist/prelude.js'),
  bundle: true,
  format: 'iife',
  platform: 'neutral',
  mainFields: ['main'],
  target: 'es2023',
  charset: 'utf8',
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: true, // tenants see these names: in stacks, in console output, in instance.constructor.name
  legalComments: 'eof',
  logLevel: 'warning',
});
