/** Bytes in bytes: comparing and searching as Node's `Buffer` does. */
import { invalidType } from './arguments.ts';
import { encodeText, encodingNamed, encodingOf, type Encoding } from './encoding.ts';

const { apply } = Reflect;
const { indexOf: nextByte, lastIndexOf: lastByte } = Uint8Array.prototype;

export function compareBytes(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

/** Where a search begins; -1 where nothing can be found. */
function startOf(length: number, offset: number, wanted: number, forward: boolean): number {
  if (offset < 0) {
    if (offset + length >= 0) return length + offset;
    return forward || wanted === 0 ? 0 : -1;
  }
  if (offset + wanted <= length) return offset;
  if (wanted === 0) return length;
  return forward ? -1 : length - 1;
}

function matchesAt(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

function find(bytes: Uint8Array, wanted: Uint8Array, start: number, forward: boolean, step: number): number {
  const last = bytes.length - wanted.length;
  let at = forward ? start : Math.min(start, last);
  while (at >= 0 && at <= last) {
    at = apply(forward ? nextByte : lastByte, bytes, [wanted[0], at]) as number;
    if (at < 0 || at > last) return -1;
    if (at % step === 0 && matchesAt(bytes, wanted, at)) return at;
    at += forward ? 1 : -1;
  }
  return -1;
}

function findBytes(bytes: Uint8Array, wanted: Uint8Array, offset: number, forward: boolean, encoding: Encoding): number {
  const start = startOf(bytes.length, offset, wanted.length, forward);
  if (start < 0 || wanted.length === 0) return start;
  if (bytes.length === 0 || wanted.length > bytes.length || (forward && wanted.length + start > bytes.length)) return -1;
  if (encoding !== 'utf16le') return find(bytes, wanted, start, forward, 1);
  // Whole characters alone: neither half of one is found, nor one between two.
  if (bytes.length < 2 || wanted.length < 2) return -1;
  const even = (part: Uint8Array) => part.subarray(0, part.length & ~1);
  return find(even(bytes), even(wanted), start & ~1, forward, 2);
}

function findNumber(bytes: Uint8Array, value: number, offset: number, forward: boolean): number {
  const start = startOf(bytes.length, offset, 1, forward);
  if (start < 0 || bytes.length === 0) return -1;
  return apply(forward ? nextByte : lastByte, bytes, [value & 0xff, start]) as number;
}

/** `indexOf` and `lastIndexOf` in one. */
export function search(bytes: Uint8Array, value: unknown, from: any, encoding: unknown, forward: boolean): number {
  if (typeof from === 'string') [from, encoding] = [undefined, from];
  let offset = Math.min(Math.max(+from, -0x80000000), 0x7fffffff);
  offset = Number.isNaN(offset) ? (forward ? 0 : bytes.length) : Math.trunc(offset) + 0;
  if (typeof value === 'number') return findNumber(bytes, value >>> 0, offset, forward);
  if (typeof value === 'string') {
    const named = encoding === undefined ? 'utf8' : encodingNamed(encoding);
    return findBytes(bytes, encodeText(value, named), offset, forward, named);
  }
  if (!(value instanceof Uint8Array)) throw invalidType('value', ['number', 'string', 'Buffer', 'Uint8Array'], value);
  return findBytes(bytes, value, offset, forward, encodingOf(encoding) ?? 'utf8');
}
