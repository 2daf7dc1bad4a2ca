/** `Buffer`: Node's class over the engine's natives, without what Node has deprecated. */
import { bytesOf, decodeText, encodeText, encodingOf, type Encoding } from './encoding.ts';
import { define } from './define.ts';
import { codedError } from './errors.ts';

type Bytes = Uint8Array | ArrayBuffer | readonly number[];

function encodingNamed(name: unknown): Encoding {
  if (name === undefined || name === null) return 'utf8';
  const encoding = encodingOf(name);
  if (encoding === undefined) throw codedError(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${String(name)}`);
  return encoding;
}

/** A Buffer over the bytes of `array`, not copied. */
function wrap(array: Uint8Array): Buffer {
  return new Buffer(array.buffer, array.byteOffset, array.byteLength);
}

function badArgument(name: string, expected: string): Error {
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be ${expected}`);
}

function fromObject(value: object, encoding: unknown): Buffer {
  const { type, data, length } = value as { type?: unknown; data?: unknown; length?: unknown };
  if (type === 'Buffer' && Array.isArray(data)) return wrap(Uint8Array.from(data as number[]));
  const primitive: unknown = value.valueOf?.();
  if (typeof primitive === 'string') return Buffer.from(primitive, encoding);
  if (typeof length === 'number') return wrap(Uint8Array.from(value as ArrayLike<number>));
  throw badArgument('value', 'a string, a Buffer, an ArrayBuffer, an array or an array-like object');
}

export class Buffer extends Uint8Array {
  static poolSize = 8192;

  /** @deprecated in Node; use `Buffer.from` or `Buffer.alloc`. */
  constructor(value: unknown, encodingOrOffset?: unknown, length?: number) {
    if (typeof value === 'string') super(encodeText(value, encodingNamed(encodingOrOffset)));
    else super(value as ArrayBuffer, encodingOrOffset as number, length);
  }

  static override from(value: unknown, encodingOrOffset?: unknown, length?: number): Buffer {
    if (typeof value === 'string') return wrap(encodeText(value, encodingNamed(encodingOrOffset)));
    if (value instanceof ArrayBuffer) return new Buffer(value, encodingOrOffset ?? 0, length);
    if (value === null || typeof value !== 'object')
      throw badArgument('value', 'a string, a Buffer, an ArrayBuffer or an array');
    return fromObject(value, encodingOrOffset);
  }

  static override of(...items: number[]): Buffer {
    return wrap(Uint8Array.from(items));
  }

  static alloc(size: number, fill?: string | number | Uint8Array, encoding?: string): Buffer {
    if (typeof size !== 'number') throw badArgument('size', 'of type number');
    const buffer = new Buffer(size);
    return fill === undefined || fill === 0 ? buffer : buffer.fill(fill as number, 0, size, encoding);
  }

  static allocUnsafe(size: number): Buffer {
    return Buffer.alloc(size);
  }

  static allocUnsafeSlow(size: number): Buffer {
    return Buffer.alloc(size);
  }

  static isBuffer(value: unknown): value is Buffer {
    return value instanceof Buffer;
  }

  static isEncoding(name: unknown): boolean {
    return encodingOf(name) !== undefined;
  }

  static byteLength(value: string | Bytes, encoding?: string): number {
    return typeof value === 'string'
      ? encodeText(value, encodingNamed(encoding)).length
      : (value as Uint8Array).byteLength;
  }

  static concat(list: readonly Uint8Array[], totalLength = list.reduce((sum, part) => sum + part.length, 0)): Buffer {
    const result = new Buffer(totalLength);
    let offset = 0;
    for (const part of list) {
      if (offset >= totalLength) break;
      result.set(part.subarray(0, totalLength - offset), offset);
      offset += part.length;
    }
    return result;
  }

  static compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
    return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
  }

  get parent(): ArrayBufferLike {
    return this.buffer;
  }

  override toString(encoding?: string, start = 0, end = this.length): string {
    const whole = start <= 0 && end >= this.length;
    return decodeText(whole ? this : this.subarray(Math.max(start, 0), Math.max(end, 0)), encodingNamed(encoding));
  }

  toJSON(): { type: 'Buffer'; data: number[] } {
    return { type: 'Buffer', data: Array.from(this) };
  }

  equals(other: Uint8Array): boolean {
    if (!(other instanceof Uint8Array)) throw badArgument('otherBuffer', 'an instance of Buffer or Uint8Array');
    return Buffer.compare(this, other) === 0;
  }

  compare(other: Uint8Array, start = 0, end = other.length, thisStart = 0, thisEnd = this.length): -1 | 0 | 1 {
    return Buffer.compare(this.subarray(thisStart, thisEnd), other.subarray(start, end));
  }

  /** A view on the same bytes, unlike the slice of other typed arrays. */
  override slice(start?: number, end?: number): Buffer {
    return this.subarray(start, end) as Buffer;
  }

  write(text: string, offset?: number | string, length?: number | string, encoding?: string): number {
    if (typeof offset === 'string') [offset, encoding] = [0, offset];
    if (typeof length === 'string') [length, encoding] = [undefined, length];
    const start = offset ?? 0;
    const room = Math.min(length ?? Infinity, this.length - start);
    const bytes = encodeText(text, encodingNamed(encoding));
    const fitting = bytes.length <= room ? bytes : cutAtCharacter(bytes, room, encodingNamed(encoding));
    this.set(fitting, start);
    return fitting.length;
  }

  override fill(
    value: string | number | Uint8Array,
    start?: number | string,
    end?: number | string,
    encoding?: string,
  ): this {
    if (typeof start === 'string') [start, encoding] = [0, start];
    if (typeof end === 'string') [end, encoding] = [this.length, end];
    if (typeof value === 'number') return super.fill(value & 0xff, start, end);
    const bytes = typeof value === 'string' ? encodeText(value, encodingNamed(encoding)) : value;
    if (bytes.length === 0) return super.fill(0, start, end);
    for (let i = start ?? 0, n = 0; i < (end ?? this.length); i++, n++) this[i] = bytes[n % bytes.length]!;
    return this;
  }

  copy(target: Uint8Array, targetStart = 0, start = 0, end = this.length): number {
    const source = this.subarray(start, Math.min(end, start + Math.max(target.length - targetStart, 0)));
    target.set(source, targetStart);
    return source.length;
  }

  override indexOf(value: string | number | Uint8Array, offset: number | string = 0, encoding?: string): number {
    if (typeof offset === 'string') [offset, encoding] = [0, offset];
    if (typeof value === 'number') return super.indexOf(value & 0xff, offset);
    const wanted = typeof value === 'string' ? encodeText(value, encodingNamed(encoding)) : value;
    let start = offset < 0 ? Math.max(this.length + offset, 0) : offset;
    if (wanted.length === 0) return Math.min(start, this.length);
    for (; (start = super.indexOf(wanted[0]!, start)) >= 0; start++) {
      if (wanted.every((byte, i) => this[start + i] === byte)) return start;
    }
    return -1;
  }

  override includes(value: string | number | Uint8Array, offset?: number | string, encoding?: string): boolean {
    return this.indexOf(value, offset, encoding) >= 0;
  }
}

function cutAtCharacter(bytes: Uint8Array, room: number, encoding: Encoding): Uint8Array {
  let end = Math.max(room, 0);
  if (encoding === 'utf8') while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, encoding === 'utf16le' ? end & ~1 : end);
}

const NUMBERS = { Int16: 2, Uint16: 2, Int32: 4, Uint32: 4, BigInt64: 8, BigUint64: 8, Float: 4, Double: 8 };
const VIEW_NAMES: Record<string, string> = { Float: 'Float32', Double: 'Float64' };

type View = Record<string, (offset: number, value: unknown, littleEndian?: boolean) => unknown>;

function viewOf(buffer: Uint8Array, offset: number, bytes: number): View {
  if (offset < 0 || offset + bytes > buffer.length) {
    throw codedError(RangeError, 'ERR_OUT_OF_RANGE', `The value of "offset" is out of range. Received ${offset}`);
  }
  return new DataView(buffer.buffer, buffer.byteOffset + offset, bytes) as unknown as View;
}

function defineNumber(name: string, bytes: number, suffix: string): void {
  const view = VIEW_NAMES[name] ?? name;
  const little = suffix === 'LE';
  const methods = {
    [`read${name}${suffix}`](this: Buffer, offset = 0) {
      return (viewOf(this, offset, bytes) as unknown as Record<string, Function>)[`get${view}`]!(0, little);
    },
    [`write${name}${suffix}`](this: Buffer, value: unknown, offset = 0) {
      viewOf(this, offset, bytes)[`set${view}`]!(0, value, little);
      return offset + bytes;
    },
  };
  define(Buffer.prototype, methods);
  const alias = Object.entries(methods).map(([method, body]) => [method.replace('Uint', 'UInt'), body]);
  define(Buffer.prototype, Object.fromEntries(alias) as Record<string, unknown>);
}

for (const name of ['Int8', 'Uint8']) defineNumber(name, 1, '');
for (const [name, bytes] of Object.entries(NUMBERS))
  for (const suffix of ['LE', 'BE']) defineNumber(name, bytes, suffix);

/** A Buffer over the bytes of any binary value, not copied; null for anything else. */
export function bufferOf(value: unknown): Buffer | null {
  const bytes = bytesOf(value);
  return bytes && wrap(bytes);
}

export function install(target: typeof globalThis): void {
  define(target, { Buffer });
}
