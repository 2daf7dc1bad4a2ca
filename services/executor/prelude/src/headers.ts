/** `Headers` as node-fetch 2 has them: names as they were written, values joined when read, `raw()` for each alone. */
import { define } from './define.ts';
import { showAs } from './inspect.ts';

const NAME = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function checked(name: unknown): string {
  const text = `${name as string}`;
  if (!NAME.test(text)) throw new TypeError(`${text} is not a legal HTTP header name`);
  return text;
}

function checkedValue(value: unknown): string {
  const text = `${value as string}`;
  if (!VALUE.test(text)) throw new TypeError(`${text} is not a legal HTTP header value`);
  return text.trim();
}

function pairsOf(init: unknown): Iterable<unknown[]> {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object') throw new TypeError('Provided initializer must be an object');
  const iterate: unknown = (init as Iterable<unknown>)[Symbol.iterator];
  if (iterate === undefined || iterate === null) return Object.entries(init);
  if (typeof iterate !== 'function') throw new TypeError('Header pairs must be iterable');
  return Array.from(init as Iterable<unknown>, pairOf);
}

function pairOf(pair: unknown): unknown[] {
  if (typeof pair !== 'object' || pair === null || !(Symbol.iterator in pair)) {
    throw new TypeError('Each header pair must be iterable');
  }
  const parts = [...(pair as Iterable<unknown>)];
  if (parts.length !== 2) throw new TypeError('Each header pair must be a name/value tuple');
  return parts;
}

interface Entry {
  name: string;
  values: string[];
}

let entriesOf: (headers: Headers) => Map<string, Entry>;

export class Headers {
  readonly #entries = new Map<string, Entry>();

  static {
    entriesOf = (headers) => headers.#entries;
  }

  constructor(init?: unknown) {
    if (init instanceof Headers) {
      for (const [key, { name, values }] of init.#entries) this.#entries.set(key, { name, values: [...values] });
      return;
    }
    for (const [name, value] of pairsOf(init)) this.append(name, value);
  }

  append(name: unknown, value: unknown): void {
    const text = checked(name);
    add(this, text, checkedValue(value));
  }

  delete(name: unknown): void {
    this.#entries.delete(checked(name).toLowerCase());
  }

  get(name: unknown): string | null {
    return this.#entries.get(checked(name).toLowerCase())?.values.join(', ') ?? null;
  }

  getSetCookie(): string[] {
    return [...(this.#entries.get('set-cookie')?.values ?? [])];
  }

  has(name: unknown): boolean {
    return this.#entries.has(checked(name).toLowerCase());
  }

  set(name: unknown, value: unknown): void {
    const text = checked(name);
    const key = text.toLowerCase();
    this.#entries.set(key, { name: this.#entries.get(key)?.name ?? text, values: [checkedValue(value)] });
  }

  /** All values by name, each as a list. */
  raw(): Record<string, string[]> {
    return Object.fromEntries(Array.from(this.#entries.values(), ({ name, values }) => [name, [...values]]));
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this);
  }

  /** In the order of the names. */
  *entries(): Generator<[name: string, value: string]> {
    for (const key of [...this.#entries.keys()].sort()) {
      const entry = this.#entries.get(key);
      if (entry) yield [key, entry.values.join(', ')];
    }
  }

  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  declare [Symbol.iterator]: () => Generator<[name: string, value: string]>;
}

function add(headers: Headers, name: string, value: string): void {
  const entries = entriesOf(headers);
  const known = entries.get(name.toLowerCase());
  if (known) known.values.push(value);
  else entries.set(name.toLowerCase(), { name, values: [value] });
}

/**
 * Headers as they came in, whatever stands in them; as Node gives them: names in lower case, and what came several
 * times joined, but for cookies.
 */
export function headersThatCame(pairs: readonly [string, string][] | Record<string, string | string[]>): Headers {
  const headers = new Headers();
  for (const [name, value] of Array.isArray(pairs) ? pairs : Object.entries(pairs)) {
    const key = name.toLowerCase();
    const known = entriesOf(headers).get(key);
    if (known && key !== 'set-cookie') known.values[0] += `, ${value}`;
    else add(headers, key, `${value}`);
  }
  return headers;
}

define(Headers.prototype, { [Symbol.iterator]: Headers.prototype.entries, [Symbol.toStringTag]: 'Headers' });
showAs(Headers, (headers) => Object.fromEntries(headers));

export function install(target: typeof globalThis): void {
  define(target, { Headers });
}
