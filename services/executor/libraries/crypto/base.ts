/** The global `crypto` as the prelude has made it, which this library adds to. */
import type { Bytes } from './arguments.ts';

interface Hash {
  update(data: Bytes): Hash;
  digest(): Bytes;
}

export interface Base {
  createHash(name: unknown): Hash;
  createHmac(name: unknown, key: unknown): Hash;
  randomBytes(size: number): Bytes;
  getRandomValues: unknown;
  randomUUID: unknown;
}

export const crypto = (globalThis as unknown as { crypto: Base }).crypto;
/** Those of its functions that this library uses itself, as they are before any author's code. */
export const base: Readonly<Base> = { ...crypto };
