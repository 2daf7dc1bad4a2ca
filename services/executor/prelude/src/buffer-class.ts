/** The class of Buffers: Node 20's methods over the engine's natives. How Buffers are made stands in `buffer.ts`. */
import { checkBytes, checkInteger, invalidType, invalidValue, outOfRange } from './arguments.ts';
import { numberMethods } from './buffer-numbers.ts';
import { compareBytes, search } from './buffer-search.ts';
import { define } from './define.ts';
import { cutToFit, decodeText, ENCODINGS, encodeText, encodingNamed } from './encoding.ts';
import { codedError } from './errors.ts';
import { customInspect } from './inspect.ts';
import { hexBytes } from './inspect-values.ts';

/** The longest Buffer that Node 20 can have, though no sandbox has as much memory. */
export const MAX_LENGTH = 2 ** 32;
const { apply } = Reflect;
const { fill: fillBytes, set: setBytes } = Uint8Array.prototype;

/** As Node makes integers of what callers give for one. */
function integerOf(value: any): number {
  const number = +value;
  return Number.isSafeInteger(Math.floor(number)) ? Math.floor(number) : 0;
}

export class FastBuffer extends Uint8Array {
  get parent(): ArrayBufferLike | undefined {
    return this instanceof FastBuffer ? this.buffer : undefined;
  }

  get offset(): number | undefined {
    return this instanceof FastBuffer ? this.byteOffset : undefined;
  }

  override toString(...[encoding, start, end]: [encoding?: unknown, start?: any, end?: any]): string {
    if (encoding === undefined && start === undefined && end === undefined) return decodeText(this);
    const from = Math.max(Math.trunc(+start) || 0, 0);
    const to = end === undefined || end > this.length ? this.length : Math.trunc(+end) || 0;
    if (from >= this.length || to <= from) return '';
    const bytes = from === 0 && to === this.length ? this : this.subarray(from, to);
    return decodeText(bytes, encoding === undefined ? 'utf8' : encodingNamed(encoding));
  }

  override toLocaleString(encoding?: unknown, start?: unknown, end?: unknown): string {
    return this.toString(encoding, start, end);
  }

  toJSON(): { type: 'Buffer'; data: number[] } {
    return { type: 'Buffer', data: Array.from(this) };
  }

  [customInspect](): string {
    return `<${this.constructor.name} ${hexBytes(this)}>`;
  }

  inspect(): string {
    return this[customInspect]();
  }

  equals(other: unknown): boolean {
    checkBytes(other, 'otherBuffer');
    return this.length === other.length && compareBytes(this, other) === 0;
  }

  compare(...range: [target: unknown, start?: unknown, end?: unknown, sourceStart?: unknown, sourceEnd?: unknown]) {
    const [target, start = 0, end, sourceStart = 0, sourceEnd = this.length] = range;
    checkBytes(target, 'target');
    const targetEnd = end === undefined ? target.length : end;
    checkInteger(start, 'targetStart', 0, MAX_LENGTH);
    checkInteger(targetEnd, 'targetEnd', 0, target.length);
    checkInteger(sourceStart, 'sourceStart', 0, MAX_LENGTH);
    checkInteger(sourceEnd, 'sourceEnd', 0, this.length);
    if (sourceStart >= sourceEnd) return start >= targetEnd ? 0 : -1;
    if (start >= targetEnd) return 1;
    return compareBytes(this.subarray(sourceStart, sourceEnd), target.subarray(start, targetEnd));
  }

  /** A view on the same bytes, unlike the slice of other typed arrays. */
  override slice(start?: number, end?: number): FastBuffer {
    return this.subarray(start, end) as FastBuffer;
  }

  write(text: unknown, offset?: unknown, length?: unknown, encoding?: unknown): number {
    if (typeof text !== 'string') throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', 'argument must be a string');
    if (offset === undefined) return put(this, text, 0, this.length);
    if (length === undefined && typeof offset === 'string') return put(this, text, 0, this.length, offset);
    checkInteger(offset, 'offset', 0, this.length);
    const rest = this.length - offset;
    if (typeof length === 'string') return put(this, text, offset, rest, length);
    if (length !== undefined) checkInteger(length, 'length', 0, this.length);
    return put(this, text, offset, Math.min((length as number | undefined) ?? rest, rest), encoding);
  }

  override fill(value: any, offset?: any, end?: any, encoding?: any): this {
    const isText = typeof value === 'string';
    if (isText && (offset === undefined || typeof offset === 'string')) [offset, end, encoding] = [0, this.length, offset];
    else if (isText && typeof end === 'string') [end, encoding] = [this.length, end];
    if (isText) checkName(encoding);
    const from = offset === undefined ? 0 : offset;
    checkInteger(from, 'offset', 0, MAX_LENGTH);
    if (offset !== undefined && end !== undefined) checkInteger(end, 'end', 0, this.length);
    const to = offset === undefined ? this.length : (end ?? this.length);
    if (from >= to) return this;
    const filler = isText ? fillerOf(value, encoding) : value instanceof Uint8Array ? value : Number(value);
    if (typeof filler === 'number') return apply(fillBytes, this, [filler, from, to]) as this;
    if (filler.length === 0) throw invalidValue('value', value);
    return repeat(this, filler, from, to);
  }

  copy(target: unknown, targetStart?: unknown, sourceStart?: unknown, sourceEnd?: unknown): number {
    checkBytes(target, 'target');
    const at = integerOf(targetStart ?? 0);
    if (at < 0) throw outOfRange('targetStart', '>= 0', at);
    const from = integerOf(sourceStart ?? 0);
    if (from < 0 || from > this.length) throw outOfRange('sourceStart', `>= 0 && <= ${this.length}`, from);
    const to = sourceEnd === undefined ? this.length : integerOf(sourceEnd);
    if (to < 0) throw outOfRange('sourceEnd', '>= 0', to);
    if (at >= target.length || from >= to) return 0;
    const part = this.subarray(from, Math.min(to, from + target.length - at));
    apply(setBytes, target, [part, at]);
    return part.length;
  }

  override indexOf(value: unknown, offset?: unknown, encoding?: unknown): number {
    return search(this, value, offset, encoding, true);
  }

  override lastIndexOf(value: unknown, offset?: unknown, encoding?: unknown): number {
    return search(this, value, offset, encoding, false);
  }

  override includes(value: unknown, offset?: unknown, encoding?: unknown): boolean {
    return search(this, value, offset, encoding, true) !== -1;
  }

  swap16(): this {
    return swap(this, 2);
  }

  swap32(): this {
    return swap(this, 4);
  }

  swap64(): this {
    return swap(this, 8);
  }
}

function put(bytes: Uint8Array, text: string, offset: number, room: number, encoding?: unknown): number {
  const named = encoding ? encodingNamed(encoding) : 'utf8';
  const fitting = cutToFit(encodeText(text, named), room, named);
  apply(setBytes, bytes, [fitting, offset]);
  return fitting.length;
}

/** Fills with the filler once, and from then on with what is there, twice as much each time. */
function repeat<T extends Uint8Array>(bytes: T, filler: Uint8Array, from: number, to: number): T {
  let done = Math.min(filler.length, to - from);
  apply(setBytes, bytes, [filler.subarray(0, done), from]);
  for (; from + done < to; done *= 2) bytes.copyWithin(from + done, from, from + Math.min(done, to - from - done));
  return bytes;
}

function checkName(encoding: unknown): void {
  if (encoding === undefined || encoding === null || encoding === '') return;
  if (typeof encoding !== 'string') throw invalidType('encoding', 'string', encoding);
  encodingNamed(encoding);
}

/** A text to fill with, as bytes or as the one byte that it is. */
function fillerOf(text: string, encoding: unknown): number | Uint8Array {
  const named = encoding === '' || encoding === null || encoding === undefined ? 'utf8' : encodingNamed(encoding);
  if (text === '') return 0;
  const bytes = encodeText(text, named);
  return bytes.length === 1 ? bytes[0]! : bytes;
}

function swap<T extends Uint8Array>(bytes: T, size: number): T {
  if (bytes.length % size !== 0) {
    throw codedError(RangeError, 'ERR_INVALID_BUFFER_SIZE', `Buffer size must be a multiple of ${size * 8}-bits`);
  }
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  return bytes;
}

define(FastBuffer.prototype, numberMethods());

for (const name of ENCODINGS) {
  const method = name === 'utf16le' ? 'ucs2' : name;
  define(FastBuffer.prototype, {
    [`${method}Slice`](this: FastBuffer, start?: unknown, end?: unknown) {
      return this.toString(name, start, end);
    },
    [`${method}Write`](this: FastBuffer, text: unknown, offset?: unknown, length?: unknown) {
      return this.write(text, offset, length, name);
    },
  });
}
