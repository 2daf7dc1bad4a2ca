/**
 * The pieces from which `inspect` builds its text: names, keys, and the values that need no braces.
 *
 * Looks at properties through their descriptors, so that no getter runs; what may throw all the same, `inspect` catches.
 */
import { authorFrames } from './failure.ts';

/** The longest text of one value. */
export const MAX_CHARS = 4096;
const MAX_PROTOTYPES = 20;

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isArray } = Array;
const stackGetter = getOwnPropertyDescriptor(Error.prototype, 'stack')!.get!;
const dateText = Date.prototype.toISOString;
const dateTime = Date.prototype.getTime;
const symbolText = Symbol.prototype.toString;
const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;
const BOXES = [Number, String, Boolean, BigInt, Symbol] as const;
const MAX_BYTES = 50;

/** Says whether an object or array has no class of its own and no tag. */
export function isPlain(value: object): boolean {
  const prototype = getPrototypeOf(value);
  const isUsual = prototype === objectPrototype || (prototype === arrayPrototype && isArray(value));
  return isUsual && !getOwnPropertyDescriptor(value, Symbol.toStringTag);
}

export const isIndex = (key: string | symbol) => typeof key === 'string' && /^\d+$/.test(key);

function quote(text: string): string {
  if (!/[\\'\x00-\x1f\x7f-\x9f]|[\ud800-\udfff]/.test(text)) return `'${text}'`;
  const mark = ["'", '"', '`'].find((each) => !text.includes(each) && !(each === '`' && text.includes('${'))) ?? "'";
  const escaped = text.replace(/[\\\x00-\x1f\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, escape);
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

function escape(char: string): string {
  const code = char.charCodeAt(0);
  if (code >= 0xd800) return `\\u${code.toString(16)}`;
  return ESCAPES[char] ?? `\\x${code.toString(16).padStart(2, '0').toUpperCase()}`;
}

const ESCAPES: Record<string, string> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\v': '\\v',
  '\\': '\\\\',
};

export function primitiveText(value: unknown, maxChars: number): string {
  if (typeof value === 'string') return quote(value.slice(0, maxChars));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return apply(symbolText, value, []) as string;
  return Object.is(value, -0) ? '-0' : String(value);
}

export function keyText(key: string | symbol): string {
  if (typeof key === 'symbol') return `[${apply(symbolText, key, []) as string}]`;
  if (key === '__proto__') return `['__proto__']`;
  return /^[A-Za-z_]\w*$/.test(key) ? key : quote(key);
}

/** A property found on the object or its prototypes, unless it is a getter's. */
export function dataProperty(value: object, key: string | symbol): unknown {
  for (let holder: object | null = value, i = 0; holder && i < MAX_PROTOTYPES; holder = getPrototypeOf(holder), i++) {
    const found = getOwnPropertyDescriptor(holder, key);
    if (found) return found.value;
  }
  return undefined;
}

export function className(value: object): string | null {
  for (let holder: object | null = value, i = 0; holder && i < MAX_PROTOTYPES; holder = getPrototypeOf(holder), i++) {
    const type = getOwnPropertyDescriptor(holder, 'constructor')?.value;
    const name = typeof type === 'function' ? getOwnPropertyDescriptor(type, 'name')?.value : undefined;
    if (typeof name === 'string' && name !== '') return name;
  }
  return null;
}

/** The class's name as Node prints it before the brace; `usual` is the name that needs no mention. */
export function prefixOf(value: object, usual: string, size?: number): string {
  const name = className(value);
  const count = size === undefined ? '' : `(${size})`;
  const tag = getOwnPropertyDescriptor(value, Symbol.toStringTag)?.enumerable
    ? ''
    : dataProperty(value, Symbol.toStringTag);
  const tagText = typeof tag === 'string' && tag !== '' && tag !== name ? ` [${tag}]` : '';
  if (name === null) return `[${usual || 'Object'}${count}: null prototype]${tagText} `;
  return name === usual && tagText === '' ? '' : `${name}${count}${tagText} `;
}

/** The engine's own constructors, which Node shows as functions. */
const NATIVE = new Set<unknown>(
  (
    'Symbol Object Array Map Set WeakMap WeakSet Promise Proxy Function String Number Boolean BigInt Date RegExp WeakRef ' +
    'ArrayBuffer DataView Uint8Array Int8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array ' +
    'Float32Array Float64Array BigInt64Array BigUint64Array Error TypeError RangeError SyntaxError ReferenceError ' +
    'EvalError URIError AggregateError FinalizationRegistry'
  )
    .split(' ')
    .map((name) => (globalThis as Record<string, unknown>)[name]),
);

const isGenerator = (value: Function) => className(value)?.includes('Generator') ?? false;

/** Classes are told by their fixed `prototype`: the source text is not kept. */
function functionBase(value: Function): string {
  const name = getOwnPropertyDescriptor(value, 'name')?.value;
  const shown = typeof name === 'string' && name !== '' ? name : '';
  if (getOwnPropertyDescriptor(value, 'prototype')?.writable === false && !isGenerator(value) && !NATIVE.has(value)) {
    const parent = getPrototypeOf(value) as Function | null;
    const parentName = parent && (getOwnPropertyDescriptor(parent, 'name')?.value as unknown);
    const base = typeof parentName === 'string' && parentName !== '' ? ` extends ${parentName}` : '';
    return `[class ${shown || '(anonymous)'}${base}]`;
  }
  return `[${className(value) ?? 'Function'}${shown ? `: ${shown}` : ' (anonymous)'}]`;
}

export function hexBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, MAX_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > MAX_BYTES
    ? `${shown} ... ${bytes.length - MAX_BYTES} more byte${bytes.length - MAX_BYTES > 1 ? 's' : ''}`
    : shown;
}

/** The text of a value that needs no braces; null for any other. */
export function baseText(value: object): string | null {
  if (typeof value === 'function') return functionBase(value);
  if (value instanceof Error) return errorText(value);
  if (value instanceof Date)
    return Number.isNaN(apply(dateTime, value, [])) ? 'Invalid Date' : apply(dateText, value, []);
  if (value instanceof RegExp) return String(value);
  if (value instanceof WeakMap || value instanceof WeakSet) return `${className(value)} { <items unknown> }`;
  const box = BOXES.find((type) => value instanceof type);
  if (!box) return null;
  const inner: unknown = apply(box.prototype.valueOf, value, []);
  return `[${box.name}: ${primitiveText(inner, MAX_CHARS)}]`;
}

/** An error's name, after its class where the name is another error's. */
function errorName(error: Error): string {
  const found = dataProperty(error, 'name');
  const name = typeof found === 'string' ? found : 'Error';
  const type = className(error);
  if (type === null || type === name || !name.endsWith('Error')) return name;
  return type.includes(name) ? type : `${type} [${name}]`;
}

function errorText(error: Error): string {
  const message = dataProperty(error, 'message');
  const head = [errorName(error), message ? String(message) : ''].filter((part) => part !== '').join(': ');
  const stack: unknown = (getOwnPropertyDescriptor(error, 'stack') ?? { value: apply(stackGetter, error, []) }).value;
  const frames = typeof stack === 'string' ? authorFrames(stack) : '';
  return frames === '' ? `[${head}]` : head + frames;
}
