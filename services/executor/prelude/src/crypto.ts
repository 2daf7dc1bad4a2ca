/**
 * `crypto`: hashes, HMACs and random values with Node's names. The host computes; the guest frames.
 *
 * Random bytes are asked for in one piece per event and never survive it, so that no image holds any.
 */
import { Buffer } from './buffer.ts';
import { define } from './define.ts';
import { bytesOf, decodeText, encodeText, encodingOf, fromBase64, toBase64 } from './encoding.ts';
import { codedError } from './errors.ts';
import { hostCall } from './host.ts';

/** `hostCall('hash', …)`; the answer is the digest in base64. */
export interface HashArgs {
  /** One of `HASHES`. */
  algorithm: string;
  /** At most 8 MiB once decoded. */
  data_base64: string;
}

/** `hostCall('hmac', …)`; the answer is the digest in base64. */
export interface HmacArgs extends HashArgs {
  /** At most 64 KiB once decoded. */
  key_base64: string;
}

/** `hostCall('random_bytes', …)`; the answer is that many bytes in base64. */
export interface RandomBytesArgs {
  /** From 1 to 65,536. */
  length: number;
}

export const HASHES = ['md5', 'ripemd160', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256'] as const;

const MAX_DATA_BYTES = 8 * 2 ** 20;
const MAX_KEY_BYTES = 65_536;
const MAX_RANDOM_BYTES = 65_536;
const POOL_BYTES = 256;

type Data = string | ArrayBufferView | ArrayBuffer;

function bytesFrom(data: unknown, encoding: unknown, name: string): Uint8Array {
  if (typeof data === 'string') return encodeText(data, encodingOf(encoding) ?? 'utf8');
  const bytes = bytesOf(data);
  if (bytes) return bytes;
  throw codedError(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" argument must be of type string or an instance of Buffer, TypedArray, or DataView`,
  );
}

function algorithmNamed(name: unknown): string {
  const lower = String(name).toLowerCase();
  const known = HASHES.find(
    (hash) => hash === lower || hash.replace('sha', 'sha-') === lower || `rsa-${hash}` === lower,
  );
  if (known) return known;
  throw codedError(Error, 'ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${String(name)}`);
}

function outOfRange(what: string, limit: string): Error {
  return codedError(RangeError, 'ERR_OUT_OF_RANGE', `The value of "${what}" is out of range. It must be ${limit}`);
}

/** What `createHash` and `createHmac` return; the data goes to the host in one call, at `digest`. */
class Hash {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #done = false;
  readonly #finish: (dataBase64: string) => string;

  constructor(finish: (dataBase64: string) => string) {
    this.#finish = finish;
  }

  update(data: Data, encoding?: string): this {
    if (this.#done) throw codedError(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
    const given = bytesFrom(data, encoding, 'data');
    const bytes = typeof data === 'string' ? given : given.slice(); // the caller may change its own before `digest`
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_DATA_BYTES) throw outOfRange('data', `<= ${MAX_DATA_BYTES} bytes`);
    this.#chunks.push(bytes);
    return this;
  }

  digest(): Buffer;
  digest(encoding: string): string;
  digest(encoding?: string): Buffer | string {
    if (this.#done) throw codedError(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
    this.#done = true;
    const data = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    const result = Buffer.from(this.#finish(toBase64(data)), 'base64');
    const known = encodingOf(encoding);
    return known ? decodeText(result, known) : result;
  }
}

function createHash(name: unknown): Hash {
  const algorithm = algorithmNamed(name);
  return new Hash((data_base64) => hostCall('hash', { algorithm, data_base64 } satisfies HashArgs) as string);
}

function createHmac(name: unknown, key: unknown): Hash {
  const algorithm = algorithmNamed(name);
  const keyBytes = bytesFrom(key, 'utf8', 'key');
  if (keyBytes.length > MAX_KEY_BYTES) throw outOfRange('key', `<= ${MAX_KEY_BYTES} bytes`);
  const key_base64 = toBase64(keyBytes);
  return new Hash(
    (data_base64) => hostCall('hmac', { algorithm, key_base64, data_base64 } satisfies HmacArgs) as string,
  );
}

const EMPTY = new Uint8Array(0);
let pool = EMPTY;

function ask(length: number): Uint8Array<ArrayBuffer> {
  return fromBase64(hostCall('random_bytes', { length } satisfies RandomBytesArgs) as string);
}

function draw(length: number): Uint8Array<ArrayBuffer> {
  if (length > POOL_BYTES) return ask(length);
  if (pool.length < length) pool = ask(POOL_BYTES);
  const drawn = pool.slice(0, length);
  pool = pool.subarray(length);
  return drawn;
}

type Done<T> = (error: null, value: T) => void;

function later<T>(value: T, done?: Done<T>): T | undefined {
  if (typeof done !== 'function') return value;
  queueMicrotask(() => done(null, value));
  return undefined;
}

function randomBytes(size: number, done?: Done<Buffer>): Buffer | undefined {
  if (!Number.isInteger(size) || size < 0 || size > MAX_RANDOM_BYTES)
    throw outOfRange('size', `>= 0 && <= ${MAX_RANDOM_BYTES}`);
  return later(size === 0 ? Buffer.alloc(0) : Buffer.from(draw(size).buffer), done);
}

function randomInt(min: number, max?: number | Done<number>, done?: Done<number>): number | undefined {
  if (typeof max !== 'number') [min, max, done] = [0, min, max];
  const range = max - min;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || range < 1 || range >= 2 ** 48) {
    throw outOfRange('max', 'a safe integer greater than "min", by less than 2 ** 48');
  }
  const limit = 2 ** 48 - (2 ** 48 % range); // draws beyond it would favour small values
  let value: number;
  do {
    value = draw(6).reduce((sum, byte) => sum * 256 + byte, 0);
  } while (value >= limit);
  return later(min + (value % range), done);
}

function randomUUID(): string {
  const bytes = draw(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return decodeText(bytes, 'hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function getRandomValues<T extends ArrayBufferView>(array: T): T {
  const bytes = bytesOf(array);
  if (!bytes) throw new TypeError('The argument must be an integer typed array');
  if (bytes.length > MAX_RANDOM_BYTES)
    throw new DOMException(`At most ${MAX_RANDOM_BYTES} bytes`, 'QuotaExceededError');
  if (bytes.length > 0) bytes.set(draw(bytes.length));
  return array;
}

function timingSafeEqual(a: unknown, b: unknown): boolean {
  const left = bytesOf(a);
  const right = bytesOf(b);
  if (!left || !right)
    throw codedError(
      TypeError,
      'ERR_INVALID_ARG_TYPE',
      'Both arguments must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView',
    );
  if (left.length !== right.length) {
    throw codedError(RangeError, 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', 'Input buffers must have the same byte length');
  }
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ right[i]!;
  return difference === 0;
}

/** Forgets the random bytes not used yet. */
export function reset(): void {
  pool = EMPTY;
}

export function install(target: typeof globalThis): void {
  const getHashes = (): string[] => [...HASHES];
  const crypto = {
    createHash,
    createHmac,
    getHashes,
    getRandomValues,
    randomBytes,
    randomInt,
    randomUUID,
    timingSafeEqual,
  };
  define(target, { crypto });
}
