// Runs code in the real engine with the prelude loaded, beside a small host that answers requests and keeps the time.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

import { build } from 'esbuild';

// The native modules need it, and Node 20 has it behind this flag.
if (process.versions.node.startsWith('20.')) v8.setFlagsFromString('--experimental-wasm-extended-const');
const { QuickJS } = await import('quickjs-wasi');

const packageFile = (path) => readFile(fileURLToPath(import.meta.resolve(`quickjs-wasi/${path}`)));
const EXTENSIONS = ['url', 'encoding', 'headers', 'structured-clone'];
const wasm = await WebAssembly.compile(await packageFile('quickjs.wasm'));
const extensions = await Promise.all(
  EXTENSIONS.map(async (name) => ({ name, wasm: await WebAssembly.compile(await packageFile(`${name}.so`)) })),
);
const bundle = await build({
  entryPoints: [fileURLToPath(new URL('entry.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'iife',
  platform: 'neutral',
  mainFields: ['main'],
  target: 'es2023',
  keepNames: true,
});

const START_MS = 1_700_000_000_000;
const HOST_CALLS = {
  hash: ({ algorithm, data_base64 }) => createHash(algorithm).update(data_base64, 'base64').digest('base64'),
  hmac: ({ algorithm, key_base64, data_base64 }) =>
    createHmac(algorithm, Buffer.from(key_base64, 'base64')).update(data_base64, 'base64').digest('base64'),
  random_bytes: ({ length }) => randomBytes(length).toString('base64'),
};

/** A sandbox; `run` is one event in it. */
export async function sandbox() {
  let now = START_MS;
  const clock = (memory) => ({
    clock_time_get(_clock, _precision, result) {
      new DataView(memory.buffer).setBigUint64(result, BigInt(now) * 1_000_000n, true);
      return 0;
    },
  });
  const vm = await QuickJS.create({ wasm, extensions, timezoneOffset: 0, wasi: clock });
  const hostCalls = [];
  const callHost = vm.newFunction('__penstock_host', (text) => {
    const { name, args } = JSON.parse(text.toString());
    hostCalls.push(name);
    return vm.newString(JSON.stringify({ value: HOST_CALLS[name](args) }));
  });
  vm.setProp(vm.global, '__penstock_host', callHost);
  const evaluate = (code, file) => vm.evalCode(code, file).consume((handle) => handle.toString());
  evaluate(bundle.outputFiles[0].text, 'prelude.js');

  /**
   * Runs `code`, the body of an async function, or a function that sees only what the sandbox has; `respond` answers
   * its requests.
   */
  function run(code, { respond = () => ({}), seed = '1'.padStart(32, '0') } = {}) {
    const result = { logs: [], messages: [], objects: [], requests: [], cancelled: [] };
    const kinds = { log: 'logs', message: 'messages', object: 'objects', fetch: 'requests', cancel: 'cancelled' };
    let waiting = [];
    const respondTo = (record) => {
      const { delay = 0, ...answer } = respond(record);
      waiting.push({ id: record.id, at: now + delay, ...answerTo(record, answer) });
    };
    const body = typeof code === 'function' ? `return (${code})()` : code;
    evaluate(`__start(async () => {${body}\n}, ${JSON.stringify(seed)})`, 'function.js');
    for (;;) {
      vm.executePendingJobs();
      const { outbox, ...state } = JSON.parse(evaluate('__state()', 'state.js'));
      for (const { kind, ...record } of outbox) {
        if (kind in kinds) result[kinds[kind]].push(record);
        if (kind === 'cancel') waiting = waiting.filter(({ id }) => id !== record.id);
        if (kind === 'cache_load') waiting.push({ id: record.id, at: now });
        if (kind === 'timer') waiting.push({ id: record.id, at: now + record.delay_ms });
        if (kind === 'fetch') respondTo(record);
      }
      if (state.settled || waiting.length === 0) return { ...result, ...state };
      const [next] = waiting.toSorted((a, b) => a.at - b.at);
      waiting = waiting.filter((each) => each !== next);
      now = next.at;
      evaluate(`__answer([${JSON.stringify(next)}])`, 'answer.js');
    }
  }

  return { run, hostCalls, value: (code, options) => valueOf(run(code, options)) };
}

function answerTo(record, { error, ...answer }) {
  if (error) return { error };
  return {
    status: 200,
    status_text: 'OK',
    url: record.url,
    redirected: false,
    headers: [],
    body: { text: '' },
    ...answer,
  };
}

function valueOf({ value, error, settled }) {
  if (error) throw Object.assign(new Error(error.message), { name: error.name });
  if (!settled) throw new Error('the code waits for ever');
  return value;
}
