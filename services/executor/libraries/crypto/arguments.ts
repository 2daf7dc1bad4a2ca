/** Reads what callers give, and words what is wrong with it as Node does. */
import { internals } from '../internals.ts';

const { bufferOf, bytesOf, checks, decodeText, encodeText, encodingOf, Buffer } = internals;

export type Bytes = Uint8Array<ArrayBufferLike>;

export const BYTES = ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'];
export const DATA = ['string', 'Buffer', 'TypedArray', 'DataView'];
export const SECRET = [...BYTES, 'KeyObject', 'CryptoKey'];

export const { invalidType, invalidValue, outOfRange } = checks;

/** The bytes of an argument that may be a text in an encoding. */
export function bytesGiven(value: unknown, name: string, expected = BYTES, encoding?: unknown): Bytes {
  if (typeof value === 'string') return encodeText(value, encodingOf(encoding) ?? 'utf8');
  const bytes = bytesOf(value);
  if (bytes) return bytes;
  throw invalidType(name, expected, value);
}

export function textGiven(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw invalidType(name, 'string', value);
}

export function objectGiven(value: unknown, name: string): Record<string, any> {
  if (typeof value === 'object' && value !== null) return value as Record<string, any>;
  throw invalidType(name, 'object', value);
}

/** A whole number within bounds. */
export function wholeGiven(value: unknown, name: string, least: number, most = 2 ** 31 - 1): number {
  const check: (...args: [unknown, string, number, number]) => void = checks.checkInteger;
  check(value, name, least, most);
  return value as number;
}

export function callbackGiven(value: unknown): Function {
  if (typeof value === 'function') return value;
  throw invalidType('callback', 'function', value);
}

/** Bytes as Node returns them: a Buffer, or a text where an encoding is asked for. */
export function encoded(bytes: Bytes, encoding?: unknown): any {
  const known = encodingOf(encoding);
  return known && encoding !== 'buffer' ? decodeText(bytes, known) : bufferOf(bytes);
}

export function joined(chunks: readonly Bytes[]): Bytes {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks as Uint8Array[]);
}

export function sameBytes(left: Bytes, right: Bytes): boolean {
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ (right[i] ?? 0);
  return difference === 0;
}

/** Calls back later with what `compute` gives or throws. */
export function calledBack(callback: unknown, compute: () => unknown[]): void {
  const call = callbackGiven(callback);
  let given: unknown[];
  try {
    given = [null, ...compute()];
  } catch (error) {
    given = [error];
  }
  queueMicrotask(() => call(...given));
}
