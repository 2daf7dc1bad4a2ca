/**
 * `URLSearchParams`, and what the engine's native `URL` lacks: `searchParams`, `URL.parse` and Node's errors.
 *
 * A linked `URLSearchParams` keeps no notice of its URL's changes: it compares the query with the one it has seen, at
 * each use. So the native setters stay as they are.
 */
import { codedError } from './errors.ts';
import { define } from './define.ts';
import { customInspect, showAs } from './inspect.ts';

const Native = globalThis.URL;
const { get: getSearch, set: setSearch } = Object.getOwnPropertyDescriptor(Native.prototype, 'search') as {
  get: () => string;
  set: (search: string) => void;
};

function invalidUrl(input: unknown, base: unknown): Error {
  const error = codedError(TypeError, 'ERR_INVALID_URL', 'Invalid URL');
  return Object.assign(error, { input: `${input as string}` }, base === undefined ? {} : { base: `${base as string}` });
}

function needUrl(args: readonly unknown[]): void {
  if (args.length === 0) throw codedError(TypeError, 'ERR_MISSING_ARGS', 'The "url" argument must be specified');
}

export class URL extends Native {
  static override canParse(...args: [url?: any, base?: any]): boolean {
    needUrl(args);
    return Native.canParse(...(args as [string, string?]));
  }

  static parse(url: any, base?: any): URL | null {
    return Native.canParse(url, base) ? new URL(url, base) : null;
  }

  constructor(...args: [url?: any, base?: any]) {
    needUrl(args);
    try {
      super(args[0], args[1]);
    } catch {
      throw invalidUrl(args[0], args[1]);
    }
  }

  get searchParams(): URLSearchParams {
    return searchParams(this);
  }
}

type Pair = [name: string, value: string];

const { apply } = Reflect;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

const ESCAPES: Record<string, string> = { '!': '%21', "'": '%27', '(': '%28', ')': '%29', '~': '%7E', '%20': '+' };

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()~]|%20/g, (found) => ESCAPES[found]!);
}

/** Percent-decodes what `decodeURIComponent` refuses: stray percent signs, bytes that are no UTF-8. */
function decodeBytes(text: string): string {
  const bytes = encoder.encode(text);
  let length = 0;
  for (let i = 0; i < bytes.length; i++, length++) {
    const hex = bytes[i] === 0x25 ? /^[0-9a-f]{2}/i.exec(String.fromCharCode(bytes[i + 1]!, bytes[i + 2]!)) : null;
    bytes[length] = hex ? parseInt(hex[0], 16) : bytes[i]!;
    if (hex) i += 2;
  }
  return utf8.decode(bytes.subarray(0, length));
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decodeBytes(spaced);
  }
}

function parse(text: string): Pair[] {
  const pairs: Pair[] = [];
  for (const part of (text.startsWith('?') ? text.slice(1) : text).split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    pairs.push(equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))]);
  }
  return pairs;
}

const wellFormed = (value: unknown): string => `${value as string}`.toWellFormed();

function pairOf(item: unknown): Pair {
  const parts =
    item !== null && typeof item === 'object' && Symbol.iterator in item ? [...(item as Iterable<unknown>)] : [];
  if (parts.length !== 2) {
    throw codedError(TypeError, 'ERR_INVALID_TUPLE', 'Each query pair must be an iterable [name, value] tuple');
  }
  return [wellFormed(parts[0]), wellFormed(parts[1])];
}

function pairsOf(init: unknown): Pair[] {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object' && typeof init !== 'function') return parse(wellFormed(init));
  if (Symbol.iterator in init) return Array.from(init as Iterable<unknown>, pairOf);
  return Object.entries(init).map(([name, value]) => [wellFormed(name), wellFormed(value)]);
}

/** For methods that take a name, and a value where `count` is 2. */
function need(count: 1 | 2, args: ArrayLike<unknown>): void {
  if (args.length >= count) return;
  const names = count === 1 ? 'The "name" argument' : 'The "name" and "value" arguments';
  throw codedError(TypeError, 'ERR_MISSING_ARGS', `${names} must be specified`);
}

let link: (params: URLSearchParams, url: URL) => void;

export class URLSearchParams {
  #pairs: Pair[];
  #url: URL | null = null;
  #seen = '';

  static {
    link = (params, url) => void (params.#url = url);
  }

  constructor(init?: unknown) {
    this.#pairs = pairsOf(init);
  }

  get #list(): Pair[] {
    if (this.#url === null) return this.#pairs;
    const search = apply(getSearch, this.#url, []) as string;
    if (search !== this.#seen) [this.#pairs, this.#seen] = [parse(search), search];
    return this.#pairs;
  }

  set #list(pairs: Pair[]) {
    this.#pairs = pairs;
    if (this.#url === null) return;
    apply(setSearch, this.#url, [serialize(pairs)]);
    this.#seen = apply(getSearch, this.#url, []) as string;
  }

  get size(): number {
    return this.#list.length;
  }

  append(name: unknown, value: unknown): void {
    need(2, arguments);
    const pairs = this.#list;
    pairs.push([wellFormed(name), wellFormed(value)]);
    this.#list = pairs;
  }

  delete(name: unknown, value?: unknown): void {
    need(1, arguments);
    const matches = matcher(name, value);
    this.#list = this.#list.filter((pair) => !matches(pair));
  }

  get(name: unknown): string | null {
    need(1, arguments);
    return this.#list.find(matcher(name))?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    need(1, arguments);
    return this.#list.filter(matcher(name)).map((pair) => pair[1]);
  }

  has(name: unknown, value?: unknown): boolean {
    need(1, arguments);
    return this.#list.some(matcher(name, value));
  }

  set(name: unknown, value: unknown): void {
    need(2, arguments);
    const pairs = this.#list;
    const matches = matcher(name);
    const first = pairs.findIndex(matches);
    const pair: Pair = [wellFormed(name), wellFormed(value)];
    this.#list =
      first < 0 ? [...pairs, pair] : pairs.flatMap((old, i) => (i === first ? [pair] : matches(old) ? [] : [old]));
  }

  sort(): void {
    this.#list = this.#list.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void {
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this);
  }

  *entries(): Generator<Pair> {
    for (let i = 0; i < this.#list.length; i++) yield [...this.#list[i]!];
  }

  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  toString(): string {
    return serialize(this.#list);
  }

  declare [Symbol.iterator]: () => Generator<Pair>;
}

define(URLSearchParams.prototype, {
  [Symbol.iterator]: URLSearchParams.prototype.entries,
  [Symbol.toStringTag]: 'URLSearchParams',
  [customInspect](this: URLSearchParams, _depth: number, _options: object, inspect: (value: unknown) => string) {
    const pairs = Array.from(this.entries(), ([name, value]) => `${inspect(name)} => ${inspect(value)}`);
    return pairs.length > 0 ? `URLSearchParams { ${pairs.join(', ')} }` : 'URLSearchParams {}';
  },
});

function serialize(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function matcher(name: unknown, value?: unknown): (pair: Pair) => boolean {
  const wantedName = wellFormed(name);
  if (value === undefined) return (pair) => pair[0] === wantedName;
  const wantedValue = wellFormed(value);
  return (pair) => pair[0] === wantedName && pair[1] === wantedValue;
}

const linked = new WeakMap<URL, URLSearchParams>();

/** The `searchParams` of a URL: one object per URL, live both ways. */
export function searchParams(url: URL): URLSearchParams {
  apply(getSearch, url, []); // throws for what is no URL
  let params = linked.get(url);
  if (params === undefined) {
    linked.set(url, (params = new URLSearchParams()));
    link(params, url);
  }
  return params;
}

const SHOWN = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'searchParams',
  'hash',
];

export function install(target: typeof globalThis): void {
  Object.defineProperty(URL.prototype, 'searchParams', { enumerable: true });
  define(URL.prototype, { [Symbol.toStringTag]: 'URL' });
  showAs(URL, (url) => Object.fromEntries(SHOWN.map((name) => [name, url[name as keyof URL]])));
  define(target, { URL, URLSearchParams });
}
