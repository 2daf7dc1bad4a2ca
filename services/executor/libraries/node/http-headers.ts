/** Headers of `http`: their checks, and how an answer's become an object. */
import { codedError } from './internals.ts';

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** Of these an answer's first one counts. */
const SINGLE = new Set(
  ('age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since ' +
    'last-modified location max-forwards proxy-authorization referer retry-after server user-agent').split(' '),
);

export type Value = string | number | readonly string[];

export function validateHeaderName(name: unknown): void {
  if (typeof name === 'string' && TOKEN.test(name)) return;
  const text = `Header name must be a valid HTTP token ["${String(name)}"]`;
  throw codedError(TypeError, 'ERR_INVALID_HTTP_TOKEN', text);
}

export function validateHeaderValue(name: string, value: unknown): void {
  if (value === undefined) {
    throw codedError(TypeError, 'ERR_HTTP_INVALID_HEADER_VALUE', `Invalid value "undefined" for header "${name}"`);
  }
  if (BAD_VALUE.test(String(value))) {
    throw codedError(TypeError, 'ERR_INVALID_CHAR', `Invalid character in header content ["${name}"]`);
  }
}

/** The headers of a request, by lower-case name, with the names as they were given. */
export class OutgoingHeaders {
  readonly #byName = new Map<string, [name: string, value: Value]>();

  /** Takes what `options.headers` may be: an object, a list of pairs, or a flat list of names and values. */
  setAll(headers: unknown): void {
    if (headers === undefined || headers === null) return;
    for (const [name, value] of pairsOf(headers as object)) this.set(name, value);
  }

  set(name: string, value: unknown): void {
    validateHeaderName(name);
    for (const each of Array.isArray(value) ? value : [value]) validateHeaderValue(name, each);
    this.#byName.set(name.toLowerCase(), [name, value as Value]);
  }

  append(name: string, value: unknown): void {
    const known = this.get(name);
    const added = Array.isArray(value) ? value : [value];
    this.set(name, known === undefined ? value : [...(Array.isArray(known) ? known : [known]), ...added]);
  }

  get(name: string): Value | undefined {
    return this.#byName.get(String(name).toLowerCase())?.[1];
  }

  has(name: string): boolean {
    return this.#byName.has(String(name).toLowerCase());
  }

  delete(name: string): void {
    this.#byName.delete(String(name).toLowerCase());
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  rawNames(): string[] {
    return Array.from(this.#byName.values(), ([name]) => name);
  }

  toObject(): Record<string, Value> {
    const object = Object.create(null) as Record<string, Value>;
    for (const [name, [, value]] of this.#byName) object[name] = value;
    return object;
  }

  /** What is sent, without `omitted`. */
  pairs(omitted: ReadonlySet<string>): [string, string][] {
    const sent: [string, string][] = [];
    for (const [lower, [name, value]] of this.#byName) {
      if (omitted.has(lower)) continue;
      const values = Array.isArray(value) && lower === 'cookie' ? [value.join('; ')] : Array.isArray(value) ? value : [value];
      for (const each of values) sent.push([name, String(each)]);
    }
    return sent;
  }
}

function pairsOf(headers: object): [string, unknown][] {
  if (!Array.isArray(headers)) {
    return headers instanceof Headers ? [...headers] : Object.entries(headers);
  }
  if (headers.every(Array.isArray)) return headers as [string, unknown][];
  const pairs: [string, unknown][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]]);
  return pairs;
}

/** An answer's headers as Node's `message.headers`. */
export function joined(pairs: readonly [string, string][]): Record<string, string | string[]> {
  const headers: Record<string, any> = {};
  for (const [raw, value] of pairs) {
    const name = raw.toLowerCase();
    if (name === 'set-cookie') (headers[name] ??= []).push(value);
    else if (!Object.hasOwn(headers, name)) headers[name] = value;
    else if (!SINGLE.has(name)) headers[name] += (name === 'cookie' ? '; ' : ', ') + value;
  }
  return headers;
}

/** The same with a list of values for each name. */
export function distinct(pairs: readonly [string, string][]): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null);
  for (const [name, value] of pairs) (headers[name.toLowerCase()] ??= []).push(value);
  return headers;
}
