// Builds dist/engine.wasm: QuickJS, its native modules and our glue as one module, optimised, with few exports.
//
// The native modules are made for dynamic linking; here their bases become constants, so that an image of the
// engine's memory is complete: nothing has to be relocated when a sandbox starts from it.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../prelude/package.json'));
const quickjs = dirname(require.resolve('quickjs-wasi/package.json'));
const binaryen = join(dirname(require.resolve('binaryen/package.json')), 'bin');

const OWN_PARTS = ['glue', 'json'];
const SIDE_MODULES = ['url', 'encoding', 'headers', 'structured-clone'];
const PAGE = 65536;
const BUFFER_BYTES = PAGE;
// With wasmtime's stack of 2 MiB this turns endless recursion into a RangeError instead of a trap.
const STACK_BYTES = 512 * 1024;
const KEEP = new Set([
  'memory', '__stack_pointer', 'penstock_cells', 'penstock_buffer', 'penstock_buffer_bytes', 'penstock_output',
  'penstock_boot', 'penstock_bind', 'penstock_define', 'penstock_run', 'penstock_clean',
  'wasm_malloc', 'wasm_free', 'strlen', 'qjs_eval', 'qjs_compile', 'qjs_eval_bytecode', 'qjs_new_string', 'qjs_new_number',
  'qjs_new_host_function', 'qjs_get_global', 'qjs_get_prop_string', 'qjs_set_prop_string', 'qjs_get_string',
  'qjs_free_value', 'qjs_free_cstring', 'qjs_is_exception', 'qjs_get_exception', 'qjs_run_gc', 'qjs_set_gc_threshold',
]);

function tool(name, ...args) {
  execFileSync(process.execPath, [join(binaryen, name), ...args], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
}

function disassemble(file, name) {
  tool('wasm-dis', file, '-o', `${name}.wat`);
  return readFileSync(join(work, `${name}.wat`), 'utf8');
}

/** Sizes that a dynamic module asks for: its first section, dylink.0. */
function dylink(file) {
  const bytes = readFileSync(file);
  let at = bytes.indexOf('dylink.0') + 'dylink.0'.length;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
  };
  while (at < bytes.length) {
    const [kind, size] = [number(), number()];
    if (kind === 1) return { memory: number(), alignment: number(), table: number() };
    at += size;
  }
  throw new Error(`${file}: no memory information`);
}

const exportsOf = (text) => new Set([...text.matchAll(/^ \(export "([^"]+)"/gm)].map((match) => match[1]));
const alignUp = (value, power) => Math.ceil(value / 2 ** power) * 2 ** power;

/** A dynamic module with fixed bases whose imports name the modules that it is merged with. */
function fixedModule(text, name, bases, engineExports) {
  const own = exportsOf(text);
  const importLine = /^ \(import "([^"]+)" "([^"]+)" \((memory|table|global|func) (\$\S+)(.*)\)\)$/gm;
  const constants = {};
  return text
    .replace(importLine, (line, from, symbol, kind, id, type) => {
      if (symbol in bases) {
        constants[id] = bases[symbol];
        return '';
      }
      if (from.startsWith('GOT.')) return ` (global ${id} (mut i32) (i32.const 0))`;
      if (engineExports.has(symbol)) return ` (import "quickjs" "${symbol}" (${kind} ${id}${type}))`;
      if (own.has(symbol)) return ` (import "${name}" "${symbol}" (${kind} ${id}${type}))`;
      // Parts of the C++ library that are named and never called.
      return ` (func ${id}${type} (unreachable))`;
    })
    .replace(/\(global\.get (\$[^)\s]+)\)/g, (get, id) => (id in constants ? `(i32.const ${constants[id]})` : get))
    .replace('(export "__wasm_apply_data_relocs"', `(export "relocate_${name}"`)
    // It clears variables that are zero in a new engine and must stay in an image.
    .replace(/^ \(start \$\S+\)$/m, '');
}

/** Function declarations must follow all imports in a text module. */
function importsFirst(text) {
  const lines = text.split('\n');
  const isImport = (line) => line.startsWith(' (import ');
  const first = lines.findIndex((line) => isImport(line) || line.startsWith(' (global ') || line.startsWith(' (func '));
  return [...lines.slice(0, first), ...lines.slice(first).filter(isImport), ...lines.slice(first).filter((line) => !isImport(line))].join('\n');
}

function merge() {
  let text = disassemble(join(quickjs, 'quickjs.wasm'), 'engine');
  const engineExports = exportsOf(text);
  const pages = Number(/^ \(memory \$\S+ (\d+)\)/m.exec(text)[1]);
  let table = Number(/^ \(table \$\S+ (\d+) funcref\)/m.exec(text)[1]);
  let memory = pages * PAGE;
  for (const name of SIDE_MODULES) {
    const file = join(quickjs, 'extensions', name, `${name}.so`);
    const needs = dylink(file);
    memory = alignUp(memory, Math.max(needs.alignment, 4));
    const fixed = fixedModule(disassemble(file, `${name}-dynamic`), name, { __memory_base: memory, __table_base: table }, engineExports);
    writeFileSync(join(work, `${name}.wat`), importsFirst(fixed));
    memory += needs.memory;
    table += needs.table;
  }
  const cells = alignUp(memory, 12);
  const buffer = cells + 4096;
  const output = buffer + BUFFER_BYTES;
  const newPages = alignUp(output + BUFFER_BYTES, 16) / PAGE;
  text = text
    .replaceAll('(import "wasi_snapshot_preview1"', '(import "env"')
    .replace(/^( \(memory \$\S+) \d+\)/m, `$1 ${newPages})`)
    .replace(/^( \(table \$\S+) \d+ funcref\)/m, `$1 ${table} funcref)`);
  writeFileSync(join(work, 'engine.wat'), text);
  // The zero byte behind the cells is an empty text; writers of output leave room for what closes it.
  const constants = {
    CELLS: cells,
    ARGUMENTS: cells + 60,
    VALUES: cells + 72,
    PLAIN: cells + 128,
    NO_NAME: cells + 256,
    BUFFER: buffer,
    BUFFER_BYTES,
    OUTPUT: output,
    OUTPUT_END: output + BUFFER_BYTES - 256,
    STACK_BYTES,
  };
  const name = new RegExp(`\\b(${Object.keys(constants).join('|')})\\b`, 'g');
  for (const part of OWN_PARTS) {
    const source = readFileSync(join(here, `${part}.wat`), 'utf8');
    writeFileSync(join(work, `${part}.wat`), source.replace(name, (constant) => constants[constant]));
  }
  const inputs = ['engine', ...OWN_PARTS, ...SIDE_MODULES].flatMap((name) => [`${name}.wat`, { engine: 'quickjs', glue: 'env' }[name] ?? name]);
  tool('wasm-merge', '--all-features', '--skip-export-conflicts', ...inputs, '-o', 'merged.wasm');
}

/**
 * Copying and filling memory costs little fuel for what it takes of time, and cannot be interrupted: in pieces it can,
 * and pays for each.
 */
function charged(text) {
  const bulk = readFileSync(join(here, 'bulk.wat'), 'utf8');
  const functions = bulk.slice(bulk.indexOf('(module') + '(module'.length, bulk.lastIndexOf(')'));
  const calling = text.replace(/\(memory\.(copy|fill)\b/g, '(call $charged_$1');
  return `${calling.slice(0, calling.lastIndexOf(')'))}${functions})\n`;
}

function optimise() {
  const merged = disassemble('merged.wasm', 'merged');
  const kept = merged.replace(/^ \(export "([^"]+)" .*\)$\n/gm, (line, name) => (KEEP.has(name) ? line : ''));
  writeFileSync(join(work, 'kept.wat'), charged(kept));
  const foreign = [...kept.matchAll(/^ \(import "(?!penstock")[^"]+" "[^"]+"/gm)].map((match) => match[0]);
  if (foreign.length > 0) throw new Error(`unresolved: ${foreign.join()}`);
  // Only what every engine runs by default; extended constants must be folded away by then.
  const features = ['mutable-globals', 'nontrapping-float-to-int', 'bulk-memory', 'sign-ext', 'reference-types', 'multivalue', 'extended-const'];
  tool('wasm-opt', 'kept.wat', '--mvp-features', ...features.map((name) => `--enable-${name}`), '-O3', '--strip-producers', '-o', 'engine.wasm');
}

/** What the engine is made from; building takes half a minute, so it is done only when this changes. */
function digestOfSources() {
  const parts = [...OWN_PARTS, 'bulk'].map((part) => join(here, `${part}.wat`));
  const sources = [fileURLToPath(import.meta.url), ...parts, join(here, '../prelude/package-lock.json')];
  const digest = createHash('sha256');
  for (const file of sources) digest.update(readFileSync(file));
  return digest.digest('hex');
}

const dist = join(here, '../dist');
const stamp = join(dist, 'engine.sources');
const digest = digestOfSources();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) process.exit();

const work = mkdtempSync(join(tmpdir(), 'penstock-engine-'));
try {
  merge();
  optimise();
  mkdirSync(dist, { recursive: true });
  copyFileSync(join(work, 'engine.wasm'), join(dist, 'engine.wasm'));
  writeFileSync(stamp, digest);
} finally {
  rmSync(work, { recursive: true, force: true });
}
