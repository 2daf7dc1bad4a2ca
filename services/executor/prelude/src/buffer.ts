/** `Buffer`: how Node 20 makes Buffers, and what its function has. */
import { checkBytes, checkInteger, checkNumber, invalidType, outOfBounds } from './arguments.ts';
import { FastBuffer, MAX_LENGTH } from './buffer-class.ts';
import { compareBytes } from './buffer-search.ts';
import { define } from './define.ts';
import { bytesOf, encodedLength, encodeText, encodingNamed, encodingOf } from './encoding.ts';

const { apply } = Reflect;
const { isView } = ArrayBuffer;
const { set: setBytes } = Uint8Array.prototype;
const isArrayBuffer = (value: unknown): value is ArrayBuffer =>
  value instanceof ArrayBuffer || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer);

const copied = (items: ArrayLike<number>) => {
  const buffer = new FastBuffer(Math.max(items.length, 0) || 0);
  apply(setBytes, buffer, [items]);
  return buffer;
};

/** A Buffer over the bytes of `array`, not copied. */
const wrap = (array: Uint8Array) => new FastBuffer(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);

function ofArrayBuffer(value: ArrayBuffer, byteOffset: any = 0, length?: any): FastBuffer {
  const offset = +byteOffset || 0;
  const room = value.byteLength - offset;
  if (room < 0) throw outOfBounds('offset');
  if (length === undefined) return new FastBuffer(value, offset, room);
  const wanted = +length > 0 ? +length : 0;
  if (wanted > room) throw outOfBounds('length');
  return new FastBuffer(value, offset, wanted);
}

function ofObject(value: any): FastBuffer | null {
  if (value.length !== undefined || isArrayBuffer(value.buffer)) {
    return typeof value.length === 'number' ? copied(value) : new FastBuffer();
  }
  return value.type === 'Buffer' && Array.isArray(value.data) ? copied(value.data) : null;
}

function from(value: any, encodingOrOffset?: any, length?: any): FastBuffer {
  if (typeof value === 'string') {
    const isNamed = typeof encodingOrOffset === 'string' && encodingOrOffset !== '';
    return wrap(encodeText(value, isNamed ? encodingNamed(encodingOrOffset) : 'utf8'));
  }
  if (typeof value === 'object' && value !== null) {
    if (isArrayBuffer(value)) return ofArrayBuffer(value, encodingOrOffset, length);
    const inner: unknown = value.valueOf?.();
    if (inner !== value && (typeof inner === 'string' || (typeof inner === 'object' && inner !== null)))
      return from(inner, encodingOrOffset, length);
    const made = ofObject(value);
    if (made) return made;
    const primitive: unknown = value[Symbol.toPrimitive]?.('string');
    if (typeof primitive === 'string') return from(primitive, encodingOrOffset);
  }
  throw invalidType('first argument', ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'], value);
}

function sized(size: unknown): FastBuffer {
  checkNumber(size, 'size', 0, MAX_LENGTH);
  return new FastBuffer(size);
}

function concat(list: any, length?: any): FastBuffer {
  if (!Array.isArray(list)) throw invalidType('list', 'Array', list);
  if (list.length > 0 && length !== undefined) checkInteger(length, 'length', 0, MAX_LENGTH);
  for (let i = 0; i < list.length; i++) checkBytes(list[i], `list[${i}]`);
  const total: number = length ?? list.reduce((sum: number, part: Uint8Array) => sum + part.length, 0);
  const result = new FastBuffer(list.length === 0 ? 0 : total);
  let at = 0;
  for (const part of list as Uint8Array[]) {
    if (at < result.length) apply(setBytes, result, [part.subarray(0, result.length - at), at]);
    at += part.length;
  }
  return result;
}

const statics = {
  poolSize: 8192,
  from,
  concat,
  of: (...items: number[]) => copied(items),
  alloc(size: unknown, fill?: unknown, encoding?: unknown) {
    const buffer = sized(size);
    if (fill === undefined || fill === 0 || buffer.length === 0) return buffer;
    if (typeof fill === 'string') return buffer.fill(fill, encoding);
    return buffer.fill(fill);
  },
  allocUnsafe: (size: unknown) => sized(size),
  allocUnsafeSlow: (size: unknown) => sized(size),
  isBuffer: (value: unknown): value is FastBuffer => value instanceof FastBuffer,
  isEncoding: (name: unknown) => encodingOf(name) !== undefined,
  byteLength(value: any, encoding?: unknown): number {
    if (typeof value === 'string') return encodedLength(value, encoding ? encodingOf(`${encoding}`) : undefined);
    if (isView(value) || isArrayBuffer(value)) return value.byteLength;
    throw invalidType('string', ['string', 'Buffer', 'ArrayBuffer'], value);
  },
  compare(a: unknown, b: unknown) {
    checkBytes(a, 'buf1');
    checkBytes(b, 'buf2');
    return compareBytes(a, b);
  },
  copyBytesFrom(view: any, offset: unknown = 0, length?: unknown): FastBuffer {
    if (!isView(view) || view instanceof DataView) throw invalidType('view', ['TypedArray'], view);
    const items = (view as Uint8Array).length;
    checkInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER);
    if (length !== undefined) checkInteger(length, 'length', 0, Number.MAX_SAFE_INTEGER);
    const part = (view as Uint8Array).slice(offset, Math.min(offset + ((length as number | undefined) ?? items), items));
    return wrap(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  },
};

/** Old code calls it without `new`, which no class allows. */
function BufferFunction(value: any, encodingOrOffset?: any, length?: any): FastBuffer {
  if (typeof value !== 'number') return from(value, encodingOrOffset, length);
  if (typeof encodingOrOffset === 'string') throw invalidType('string', 'string', value);
  return sized(value);
}

export type Buffer = FastBuffer;
export const Buffer = Object.setPrototypeOf(BufferFunction, Uint8Array) as typeof statics & {
  new (value: any, encodingOrOffset?: any, length?: any): FastBuffer;
  (value: any, encodingOrOffset?: any, length?: any): FastBuffer;
  readonly prototype: FastBuffer;
};

define(Buffer, { ...statics, name: 'Buffer' });
Object.defineProperty(Buffer, 'prototype', { value: FastBuffer.prototype });
Object.defineProperty(Buffer, Symbol.species, { get: () => FastBuffer, configurable: true });
define(FastBuffer.prototype, { constructor: Buffer });

/** A Buffer over the bytes of any binary value, not copied; null for anything else. */
export function bufferOf(value: unknown): FastBuffer | null {
  const bytes = bytesOf(value);
  return bytes && wrap(bytes);
}

export function install(target: typeof globalThis): void {
  define(target, { Buffer });
}
