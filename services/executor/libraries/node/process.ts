/** `process`, for packages that look at it; authors have none. */
import { internals, unavailable } from './internals.ts';

/** The version of Node whose behaviour is followed. */
export const VERSION = '20.20.2';

type Callback = (...args: any[]) => unknown;

const resolved = Promise.resolve();
const noop = () => {};

/** Runs the callback once the current code is done. What it throws ends the run: nobody is there to catch it. */
function nextTick(callback: Callback, ...args: unknown[]): void {
  if (typeof callback !== 'function') throw internals.checks.invalidType('callback', 'Function', callback);
  resolved.then(() => void callback(...args)).catch(internals.throwUncaught);
}

function hrtime(since: [number, number] = [0, 0]): [number, number] {
  const now = performance.now();
  const seconds = Math.floor(now / 1000) - since[0];
  const nanoseconds = Math.round((now % 1000) * 1e6) - since[1];
  return nanoseconds < 0 ? [seconds - 1, nanoseconds + 1e9] : [seconds, nanoseconds];
}
hrtime.bigint = () => BigInt(Math.round(performance.now() * 1e6));

/** What goes to a standard stream becomes a line of the log. */
function standardStream(fd: number, write: (text: string) => void): object {
  const stream: Record<string, unknown> = { fd, isTTY: false, writable: fd > 0, columns: 80 };
  for (const name of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners']) {
    stream[name] = () => stream;
  }
  stream.emit = () => false;
  stream.end = noop;
  stream.getColorDepth = () => 1;
  stream.hasColors = () => false;
  stream.write = (text: unknown, encoding?: unknown, done?: unknown) => {
    write(String(text).replace(/\n$/, ''));
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') nextTick(callback as Callback);
    return true;
  };
  return stream;
}

function emitWarning(warning: unknown, type?: unknown): void {
  const name = typeof type === 'string' ? type : ((type as { type?: string } | undefined)?.type ?? 'Warning');
  console.warn(warning instanceof Error ? `${warning.name}: ${warning.message}` : `${name}: ${String(warning)}`);
}

export const process: Record<string | symbol, unknown> = {
  title: 'node',
  version: `v${VERSION}`,
  versions: { node: VERSION },
  release: { name: 'node', lts: 'Iron' },
  arch: 'wasm32',
  platform: 'linux',
  pid: 1,
  ppid: 0,
  argv: ['node'],
  argv0: 'node',
  execArgv: [],
  execPath: '/node',
  env: {},
  config: { variables: {}, target_defaults: {} },
  features: {},
  exitCode: undefined,
  stdin: standardStream(0, noop),
  stdout: standardStream(1, (text) => console.log(text)),
  stderr: standardStream(2, (text) => console.error(text)),
  nextTick,
  hrtime,
  emitWarning,
  uptime: () => performance.now() / 1000,
  cwd: () => '/',
  chdir: () => {
    throw unavailable('process.chdir', 'functions have no files');
  },
  umask: () => 0o22,
  memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), {
    rss: () => 0,
  }),
  cpuUsage: () => ({ user: 0, system: 0 }),
  binding: (name: unknown) => {
    throw unavailable(`process.binding('${String(name)}')`, 'there is no native code');
  },
  emit: () => false,
  listeners: () => [],
  listenerCount: () => 0,
};

// Its events never come: there is no exit and no signal, and uncaught errors belong to the platform.
for (const name of ['on', 'once', 'off', 'addListener', 'prependListener', 'removeListener', 'removeAllListeners']) {
  process[name] = () => process;
}
internals.define(process, { [Symbol.toStringTag]: 'process' });

export default process;
