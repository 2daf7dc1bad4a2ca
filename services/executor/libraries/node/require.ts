/** `require` for Node's own modules, by name with or without `node:`. */
import assert from './assert.ts';
import asyncHooks from './async-hooks.ts';
import buffer from './buffer.ts';
import EventEmitter from './events.ts';
import fs, { files, promises as fsPromises } from './fs.ts';
import { http, https } from './http.ts';
import { codedError } from './internals.ts';
import path from './path.ts';
import process from './process.ts';
import punycode from 'punycode/punycode.js';
import querystring from './querystring.ts';
import * as refused from './refused.ts';
import Stream, { consumers, promises as streamPromises } from './stream.ts';
import { StringDecoder } from './string-decoder.ts';
import * as system from './system.ts';
import timers, { promises as timersPromises } from './timers.ts';
import types from './types.ts';
import url from './url.ts';
import util from './util.ts';
import zlib from './zlib.ts';

/** Old ways to catch errors: there is one place where they end, and it is the platform's. */
const domain = {
  active: null,
  create: () =>
    Object.assign(new EventEmitter(), {
      members: [],
      add: () => {},
      remove: () => {},
      enter: () => {},
      exit: () => {},
      bind: (callback: unknown) => callback,
      intercept: (callback: unknown) => callback,
      run: (callback: (...args: unknown[]) => unknown, ...args: unknown[]) => callback(...args),
    }),
};

export const modules: Record<string, unknown> = {
  assert,
  'assert/strict': assert.strict,
  async_hooks: asyncHooks,
  buffer,
  child_process: refused.childProcess,
  cluster: system.cluster,
  console,
  constants: system.constants,
  crypto: (globalThis as any).crypto,
  dgram: refused.dgram,
  diagnostics_channel: system.diagnosticsChannel,
  dns: refused.dns,
  'dns/promises': refused.dns.promises,
  domain,
  events: EventEmitter,
  fs,
  'fs/promises': fsPromises,
  http,
  http2: refused.http2,
  https,
  inspector: system.inspector,
  module: { createRequire: () => nodeRequire, builtinModules: [] },
  net: refused.net,
  os: system.os,
  path,
  'path/posix': path,
  perf_hooks: system.performanceHooks,
  process,
  punycode,
  querystring,
  readline: refused.readline,
  stream: Stream,
  'stream/consumers': consumers,
  'stream/promises': streamPromises,
  string_decoder: { StringDecoder },
  sys: util,
  timers,
  'timers/promises': timersPromises,
  tls: refused.tls,
  tty: system.tty,
  url,
  util,
  'util/types': types,
  v8: system.v8,
  vm: refused.vm,
  worker_threads: system.workerThreads,
  zlib,
};

function find(name: unknown): unknown {
  const plain = String(name).replace(/^node:/, '').replace(/\/$/, '');
  if (Object.hasOwn(modules, plain)) return modules[plain];
  const known = Object.keys(modules).join(', ');
  const text = `Cannot find module '${String(name)}'. Of Node's own modules there are: ${known}`;
  throw codedError(Error, 'MODULE_NOT_FOUND', text);
}

/** `files` are those that `fs` finds: libraries put there what they read of their own. */
export const nodeRequire = Object.assign(find, { resolve: (name: unknown) => String(name), cache: {}, files });

(modules.module as { builtinModules: string[] }).builtinModules = Object.keys(modules);
