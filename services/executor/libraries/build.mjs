// Bundles each library of the catalogue into a script of its own, with an index of what is there.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// The prelude's own: what is installed here is what functions get.
import { build } from '../prelude/node_modules/esbuild/lib/main.js';

import { trimIntl } from './intl/trim.mjs';
import { nodeOptions } from './node/build.mjs';
import { npmOptions } from './npm/build.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here('../dist/libraries');
const catalogue = JSON.parse(await readFile(here('catalogue.json'), 'utf8'));

// `window` is the global object here, as at Segment, which makes some packages take it for a browser.
const NO_BROWSER = ['window', 'document', 'self', 'navigator', 'XMLHttpRequest'];
// Node's modules are those of the library `node`; no name may stay in the global scope.
const BANNER =
  "(()=>{var require=globalThis[Symbol.for('penstock.node')],process=require?.('process'),global=globalThis,__dirname='/';";

// What is ours is bundled in ways of its own.
const OPTIONS = { node: nodeOptions, intl: { plugins: [trimIntl] } };

function bundle({ name, entry }) {
  return build({
    entryPoints: [here(entry)],
    outfile: `${out}/${name}.js`,
    bundle: true,
    metafile: true,
    format: 'iife',
    platform: 'node',
    target: 'es2023',
    charset: 'utf8',
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: true, // authors see these names: in stacks, in console output, in error.name
    legalComments: 'none', // the packages' licences stand in a file of their own
    define: { ...Object.fromEntries(NO_BROWSER.map((each) => [each, 'undefined'])), 'global.process': 'process', 'import.meta.url': '"file:///library.js"' },
    loader: { '.proto': 'text' },
    banner: { js: BANNER },
    footer: { js: '})()' },
    logLevel: 'warning',
    ...(OPTIONS[name] ?? npmOptions),
  });
}

/** Throws where a library is named twice, or needs one that does not stand before it. */
function check() {
  const before = new Set();
  for (const { name, needs } of catalogue) {
    if (before.has(name)) throw new Error(`${name} stands twice in the catalogue`);
    for (const need of needs) if (!before.has(need)) throw new Error(`${name} needs ${need}, which must stand before it`);
    before.add(name);
  }
}

async function indexed({ name, words, patterns, needs }) {
  const script = await readFile(`${out}/${name}.js`);
  return { name, words, patterns, needs, sha256: createHash('sha256').update(script).digest('hex') };
}

/** The folders of the packages that went into bundles. */
function packagesIn(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const folders = inputs.map((input) => /^(?:.*:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  return [...new Set(folders.filter(Boolean))].sort();
}

/** A package's name, version and licence, with the text of its licence where it brings one. */
async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const file = (await readdir(folder)).find((each) => /^(licen[cs]e|copying)/i.test(each));
  const text = file ? await readFile(`${folder}/${file}`, 'utf8') : '';
  return `${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n\n${text.trim()}\n`;
}

check();
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const results = await Promise.all(catalogue.map(bundle));
const notices = await Promise.all(packagesIn(results).map(notice));
await writeFile(`${out}/LICENSES.txt`, notices.join(`\n${'-'.repeat(100)}\n\n`));
await writeFile(`${out}/index.json`, JSON.stringify(await Promise.all(catalogue.map(indexed)), null, 1));
