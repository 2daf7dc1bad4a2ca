/** `querystring`, as Node has it. */
import { Buffer } from './buffer.ts';
import { codedError } from './internals.ts';

type Values = Record<string, string | string[]>;
interface ParseOptions {
  maxKeys?: number;
  decodeURIComponent?: (text: string) => string;
}
interface StringifyOptions {
  encodeURIComponent?: (text: string) => string;
}

const MAX_KEYS = 1000;

function escape(value: unknown): string {
  try {
    return encodeURIComponent(typeof value === 'object' ? String(value) : `${value as string}`);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw codedError(URIError as never, 'ERR_INVALID_URI', 'URI malformed');
  }
}

/** Decodes what is well-formed and leaves the rest, byte by byte. */
function unescapeBuffer(text: string): Uint8Array {
  const bytes: Uint8Array = Buffer.from(text, 'latin1');
  let length = 0;
  for (let i = 0; i < bytes.length; i++, length++) {
    const hex = bytes[i] === 0x25 ? /^[0-9a-f]{2}/i.exec(text.slice(i + 1, i + 3)) : null;
    bytes[length] = hex ? parseInt(hex[0], 16) : bytes[i]!;
    if (hex) i += 2;
  }
  return bytes.subarray(0, length);
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text).toString();
  }
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : '';
  return typeof value === 'bigint' || typeof value === 'boolean' ? `${value}` : '';
}

function stringify(values: unknown, separator?: string, equals?: string, options?: StringifyOptions): string {
  if (values === null || typeof values !== 'object') return '';
  const own = options?.encodeURIComponent;
  const encode = (value: unknown) => (own ?? querystring.escape)(asText(value));
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      pairs.push(encode(name) + (equals || '=') + encode(each));
    }
  }
  return pairs.join(separator || '&');
}

function decoderOf(options?: ParseOptions): (text: string) => string {
  const own = options?.decodeURIComponent;
  const decode = typeof own === 'function' ? own : querystring.unescape;
  const space = decode === unescape ? ' ' : '%20';
  return (text) => {
    const spaced = text.replaceAll('+', space);
    if (decode === unescape && !/%[\da-f]{2}/i.test(spaced)) return spaced;
    try {
      return decode(spaced);
    } catch {
      return unescape(spaced);
    }
  };
}

function add(values: Values, name: string, value: string): void {
  const known = values[name];
  if (known === undefined) values[name] = value;
  else if (Array.isArray(known)) known.push(value);
  else values[name] = [known, value];
}

function parse(text: unknown, separator?: string, equals?: string, options?: ParseOptions): Values {
  const values = Object.create(null) as Values;
  if (typeof text !== 'string') return values;
  const mark = equals ? String(equals) : '=';
  const decode = decoderOf(options);
  const maxKeys = typeof options?.maxKeys === 'number' ? options.maxKeys : MAX_KEYS;
  const parts = text.split(separator ? String(separator) : '&');
  for (const part of (maxKeys > 0 ? parts.slice(0, maxKeys) : parts)) {
    if (part === '') continue;
    const at = part.indexOf(mark);
    if (at < 0) add(values, decode(part), '');
    else add(values, decode(part.slice(0, at)), decode(part.slice(at + mark.length)));
  }
  return values;
}

const querystring = { escape, unescape, unescapeBuffer, stringify, parse, encode: stringify, decode: parse };

export default querystring;

// What the package `url` takes for `qs`; that one has options where these have separators.
const stringifyAlone = (values: unknown) => stringify(values);
export { parse, stringifyAlone as stringify };
