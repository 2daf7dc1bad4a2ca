/** `console`: each call becomes one log entry of bounded size, worded as Node's console would. */
import { define } from './define.ts';
import { emit, now } from './host.ts';
import { cut, inspect, type InspectOptions } from './inspect.ts';
import { dataProperty, MAX_CHARS } from './inspect-values.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

const { Map } = globalThis; // as it is before any author's code: a reset must not fail
const MAX_LABELS = 100;
const MAX_INDENT = 40;
/** Far above what the platform keeps of an event's log; a bound for loops that log. */
const MAX_EVENT_CHARS = 65_536;
const MAX_ROWS = 50;
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

function show(value: unknown, options?: InspectOptions): string {
  return typeof value === 'string' ? value.slice(0, MAX_CHARS + 1) : inspect(value, options);
}

function asNumber(value: unknown, parse: (text: string) => number): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol' || (typeof value === 'object' && value !== null)) return 'NaN';
  return inspect(parse(String(value)));
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
  o: (value) => inspect(value, { depth: 4 }),
  O: (value) => inspect(value),
  c: () => '',
};

/** The arguments of a console call as one text; `%s` and its like are filled in where the first is a text. */
export function format(...args: unknown[]): string {
  let text = '';
  let used = 0;
  if (typeof args[0] === 'string') {
    used = 1;
    text = args[0].slice(0, MAX_CHARS + 1);
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
  emit('log', { time_ms: now(), level, text: entry });
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

function elapsed(label: string, rest: unknown[]): void {
  const start = timers.get(label);
  if (start === undefined) return write('warn', `No such label '${label}'`);
  write('info', [`${label}: ${Date.now() - start}ms`, ...rest.map((value) => show(value))].join(' '));
}

function cellsOf(row: unknown, columns: string[]): Record<string, string> {
  if (typeof row !== 'object' || row === null) return { Values: inspect(row) };
  const cells: Record<string, string> = Object.create(null);
  for (const key of Object.keys(row).slice(0, MAX_ROWS)) {
    if (!columns.includes(key)) columns.push(key);
    cells[key] = inspect((row as Record<string, unknown>)[key], { depth: 0, maxChars: 100 });
  }
  return cells;
}

function table(data: unknown, wanted?: readonly string[]): void {
  if (typeof data !== 'object' || data === null) return write('info', show(data));
  const keys = Object.keys(data).slice(0, MAX_ROWS);
  const columns: string[] = [];
  const rows = keys.map((key) => cellsOf((data as Record<string, unknown>)[key], columns));
  const shown = wanted ? wanted.map(String) : columns.slice(0, MAX_ROWS);
  if (rows.some((row) => 'Values' in row) && !shown.includes('Values')) shown.push('Values');
  const lines = [
    ['(index)', ...shown],
    ...rows.map((row, i) => [keys[i]!, ...shown.map((column) => row[column] ?? '')]),
  ];
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  write(
    'info',
    lines
      .map((line) =>
        line
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join(' | ')
          .trimEnd(),
      )
      .join('\n'),
  );
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
  dir: (value: unknown, options?: InspectOptions) => write('info', inspect(value, options ?? {})),
  dirxml: writer('info'),
  table,
  assert: (condition?: unknown, ...args: unknown[]) => {
    if (condition) return;
    if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
    write('error', args.length > 0 ? format(...args) : 'Assertion failed');
  },
  count,
  countReset: (label: unknown = 'default') => void counts.delete(String(label)),
  time: (label: unknown = 'default') => remember(timers, String(label), Date.now()),
  timeLog: (label: unknown = 'default', ...rest: unknown[]) => elapsed(String(label), rest),
  timeEnd: (label: unknown = 'default') => {
    elapsed(String(label), []);
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
