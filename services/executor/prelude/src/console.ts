/** `console`: each call becomes one log entry of bounded size, worded as Node's console would. */
import { define } from './define.ts';
import { tableOf } from './console-table.ts';
import { emit, now } from './host.ts';
import { cut, inspect, type InspectOptions } from './inspect.ts';
import { dataProperty, MAX_CHARS } from './inspect-values.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

const { Map } = globalThis; // as it is before any author's code: a reset must not fail
const MAX_LABELS = 100;
const MAX_INDENT = 40;
/** Far above what the platform keeps of an event's log; a bound for loops that log. */
const MAX_EVENT_CHARS = 65_536;
const { stringify } = JSON;
const { apply } = Reflect;
const { toWellFormed } = String.prototype;
const BUILT_IN: unknown[] = [Object, Array, Error, Date, RegExp, Function, Number, String].map(
  (type) => type.prototype.toString,
);
let counts = new Map<string, number>();
let timers = new Map<string, number>();
/** Most events count and time nothing: then there is nothing to forget. */
let isLabelled = false;
let indent = '';
let written = 0;
/** Characters of the entry at hand that were not even looked at. */
let leftOut = 0;

function show(value: unknown, options?: InspectOptions): string {
  return typeof value === 'string' ? bounded(value) : inspect(value, options);
}

function bounded(text: string): string {
  leftOut += Math.max(text.length - MAX_CHARS - 1, 0);
  return text.slice(0, MAX_CHARS + 1);
}

function asNumber(value: unknown, parse: (value: any) => number): string {
  if (typeof value === 'bigint') return `${value}n`;
  try {
    return inspect(typeof value === 'symbol' ? NaN : parse(value));
  } catch {
    return 'NaN';
  }
}

/** What an author's own `toString` says; null where there is none, or it fails. */
function ownText(value: object): string | null {
  try {
    const toString = dataProperty(value, 'toString');
    return typeof toString === 'function' && !BUILT_IN.includes(toString) ? String(apply(toString, value, [])) : null;
  } catch {
    return null;
  }
}

function asText(value: unknown): string {
  if (typeof value === 'object' && value !== null) return ownText(value) ?? inspect(value, { depth: 0 });
  if (typeof value === 'string') return value.slice(0, MAX_CHARS + 1);
  return typeof value === 'symbol' ? String(value) : inspect(value);
}

function plainText(value: unknown): string {
  try {
    return bounded(String(value));
  } catch {
    return inspect(value);
  }
}

function asJson(value: unknown): string {
  try {
    return String(stringify(value)).slice(0, MAX_CHARS + 1);
  } catch (error) {
    return error instanceof TypeError ? '[Circular]' : '[not JSON]';
  }
}

const FORMATS: Record<string, (value: unknown) => string> = {
  s: asText,
  d: (value) => asNumber(value, Number),
  i: (value) => asNumber(value, (text) => parseInt(text, 10)),
  f: (value) => asNumber(value, parseFloat),
  j: asJson,
  o: (value) => inspect(value, { depth: 4, showHidden: true }),
  O: (value) => inspect(value),
  c: () => '',
};

/** The arguments of a console call as one text; `%s` and its like are filled in where the first is a text. */
export function format(...args: unknown[]): string {
  let text = '';
  let used = 0;
  if (typeof args[0] === 'string') {
    used = 1;
    text = bounded(args[0]);
    if (args.length > 1) {
      text = text.replace(/%([sdifjoOc%])/g, (found, kind: string) => {
        if (kind === '%') return '%';
        return used < args.length ? FORMATS[kind]!(args[used++]) : found;
      });
    }
  }
  for (; used < args.length && text.length <= MAX_CHARS; used++) text += (used === 0 ? '' : ' ') + show(args[used]);
  return text;
}

function write(level: Level, text: string): void {
  if (written > MAX_EVENT_CHARS) return;
  const indented = indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`);
  const entry: string = apply(toWellFormed, cut(indented), []); // what leaves the sandbox is Unicode
  written += entry.length + 1;
  const record = { time_ms: now(), level, text: entry };
  emit('log', leftOut === 0 ? record : { ...record, more: leftOut });
  leftOut = 0;
}

const writer =
  (level: Level) =>
  (...args: unknown[]) => {
    if (written <= MAX_EVENT_CHARS) write(level, format(...args));
  };

function remember(labels: Map<string, number>, label: string, value: number): void {
  isLabelled = true;
  if (labels.has(label) || labels.size < MAX_LABELS) labels.set(label, value);
}

function count(label: unknown = 'default'): void {
  const name = String(label);
  const times = (counts.get(name) ?? 0) + 1;
  remember(counts, name, times);
  write('info', `${name}: ${times}`);
}

function countReset(label: unknown = 'default'): void {
  if (!counts.delete(String(label))) write('warn', `Count for '${String(label)}' does not exist`);
}

function time(label: unknown = 'default'): void {
  const name = String(label);
  if (timers.has(name)) return write('warn', `Label '${name}' already exists for console.time()`);
  remember(timers, name, Date.now());
}

function elapsed(method: string, label: string, rest: unknown[]): void {
  const start = timers.get(label);
  if (start === undefined) return write('warn', `No such label '${label}' for console.${method}()`);
  const ms = Date.now() - start;
  const text = ms < 1000 ? `${ms}ms` : `${(ms / 1000).toFixed(3)}s`;
  write('info', [`${label}: ${text}`, ...rest.map((value) => show(value))].join(' '));
}

function table(data: unknown, wanted?: readonly string[]): void {
  if (typeof data !== 'object' || data === null) return write('info', show(data));
  write('info', tableOf(data, Array.isArray(wanted) ? wanted.map(String) : null));
}

function trace(...args: unknown[]): void {
  const error = new Error(format(...args));
  Object.defineProperty(error, 'name', { value: 'Trace' });
  write('error', inspect(error));
}

const console = {
  log: writer('info'),
  info: writer('info'),
  warn: writer('warn'),
  error: writer('error'),
  debug: writer('debug'),
  trace,
  dir: (value: unknown, options?: InspectOptions) => write('info', inspect(value, { customInspect: false, ...options })),
  dirxml: writer('info'),
  table,
  assert: (condition?: unknown, ...args: unknown[]) => {
    if (condition) return;
    if (args.length === 0) return write('error', 'Assertion failed');
    args[0] = `Assertion failed: ${plainText(args[0])}`;
    write('error', format(...args));
  },
  count,
  countReset,
  time,
  timeLog: (label: unknown = 'default', ...rest: unknown[]) => elapsed('timeLog', String(label), rest),
  timeEnd: (label: unknown = 'default') => {
    elapsed('timeEnd', String(label), []);
    timers.delete(String(label));
  },
  group: (...args: unknown[]) => {
    if (args.length > 0) write('info', format(...args));
    if (indent.length < MAX_INDENT) indent += '  ';
  },
  groupEnd: () => void (indent = indent.slice(2)),
};

/** Ends groups, counters and timers; the next event's log starts empty. */
export function reset(): void {
  indent = '';
  written = 0;
  if (!isLabelled) return;
  isLabelled = false;
  counts = new Map();
  timers = new Map();
}

export function install(target: typeof globalThis): void {
  define(target, { console: { ...console, groupCollapsed: console.group } });
}
