/**
 * `crypto`: hashes, HMACs and random values with Node's names. The host computes; the guest frames.
 *
 * Random bytes are asked for in one piece per event and never survive it, so that no image holds any.
 */
import { checkInteger, invalidType, outOfRange } from './arguments.ts';
import { Buffer } from './buffer.ts';
import { define } from './define.ts';
import { bytesOf, decodeText, encodeText, encodingOf, fromBase64, toBase64 } from './encoding.ts';
import { codedError } from './errors.ts';
import { hostCall } from './host.ts';

/** `hostCall('hash', …)`; the answer is the digest in base64. */
export interface HashArgs {
  /** One of `getHashes`. */
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

const HASHES = [
  ...['md5', 'ripemd160', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-224', 'sha512-256'],
  ...['sha3-224', 'sha3-256', 'sha3-384', 'sha3-512', 'blake2b512', 'blake2s256'],
];

const MAX_DATA_BYTES = 8 * 2 ** 20;
const MAX_KEY_BYTES = 65_536;
const MAX_RANDOM_BYTES = 65_536;
const POOL_BYTES = 256;

type Data = string | ArrayBufferView | ArrayBuffer;

const DATA = ['string', 'Buffer', 'TypedArray', 'DataView'];
const SECRET = ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'KeyObject', 'CryptoKey'];

function bytesGiven(value: unknown, name: string, expected: readonly string[], encoding?: unknown): Uint8Array {
  if (typeof value === 'string') return encodeText(value, encodingOf(encoding) ?? 'utf8');
  const bytes = bytesOf(value);
  if (bytes) return bytes;
  throw invalidType(name, expected, value);
}

function nameGiven(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw invalidType(name, 'string', value);
}

const OTHER_NAMES: Record<string, string> = { ripemd: 'ripemd160', rmd160: 'ripemd160', 'ripemd-160': 'ripemd160' };

/** The digest that a name means, as OpenSSL knows it or as it stands in a signature's name; undefined for none. */
export function digestNamed(name: unknown): string | undefined {
  const plain = String(name)
    .toLowerCase()
    .replace(/^rsa-|withrsa(?:encryption)?$/g, '');
  const known = plain.replace(/^sha2?-(?=1$|\d{3})/, 'sha').replace('512/', '512-');
  const digest = OTHER_NAMES[known] ?? known;
  return HASHES.includes(digest) ? digest : undefined;
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
    const given = bytesGiven(data, 'data', DATA, encoding);
    const bytes = typeof data === 'string' ? given : given.slice(); // the caller may change its own before `digest`
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_DATA_BYTES) throw outOfRange('data', `<= ${MAX_DATA_BYTES} bytes`, this.#bytes);
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

  /** Another one that has the same data so far. */
  copy(): Hash {
    if (this.#done) throw codedError(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
    const copy = new Hash(this.#finish);
    copy.#chunks = [...this.#chunks];
    copy.#bytes = this.#bytes;
    return copy;
  }
}

function createHash(name: unknown): Hash {
  const algorithm = digestNamed(nameGiven(name, 'algorithm'));
  if (!algorithm) throw new Error('Digest method not supported');
  return new Hash((data_base64) => hostCall('hash', { algorithm, data_base64 } satisfies HashArgs) as string);
}

function createHmac(name: unknown, key: unknown): Hash {
  const algorithm = digestNamed(nameGiven(name, 'hmac'));
  const keyBytes = bytesGiven(key, 'key', SECRET);
  if (!algorithm) throw codedError(TypeError, 'ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${String(name)}`);
  if (keyBytes.length > MAX_KEY_BYTES) throw outOfRange('key', `<= ${MAX_KEY_BYTES} bytes`, keyBytes.length);
  const key_base64 = toBase64(keyBytes);
  return new Hash(
    (data_base64) => hostCall('hmac', { algorithm, key_base64, data_base64 } satisfies HmacArgs) as string,
  );
}

/** The digest of data in one call, in hex where nothing else is asked for. */
function hash(name: unknown, data: Data, outputEncoding = 'hex'): Buffer | string {
  return createHash(name).update(data).digest(outputEncoding);
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
  checkInteger(size, 'size', 0, MAX_RANDOM_BYTES);
  return later(size === 0 ? Buffer.alloc(0) : Buffer.from(draw(size).buffer), done);
}

function randomInt(min: number, max?: number | Done<number>, done?: Done<number>): number | undefined {
  if (typeof max !== 'number') [min, max, done] = [0, min, max];
  const range = max - min;
  if (!Number.isSafeInteger(min)) throw invalidType('min', 'a safe integer', min);
  if (!Number.isSafeInteger(max)) throw invalidType('max', 'a safe integer', max);
  if (range < 1) throw outOfRange('max', `greater than the value of "min" (${min})`, max);
  if (range >= 2 ** 48) throw outOfRange('max', `<= ${2 ** 48 - 1}`, range);
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

/** Fills what it is given, or a part of it, and gives it back. */
function randomFillSync(buf: ArrayBufferView | ArrayBuffer, offset = 0, size?: number): ArrayBufferView | ArrayBuffer {
  const bytes = bytesOf(buf);
  if (!bytes) throw invalidType('buf', ['ArrayBuffer', 'ArrayBufferView'], buf);
  const unit = (buf as Uint8Array).BYTES_PER_ELEMENT ?? 1;
  const [from, length] = [offset * unit, (size ?? bytes.length / unit - offset) * unit];
  if (!(from >= 0 && from <= bytes.length)) throw outOfRange('offset', `>= 0 && <= ${bytes.length}`, offset);
  if (!(length >= 0 && from + length <= bytes.length))
    throw outOfRange('size + offset', `<= ${bytes.length}`, from + length);
  for (let at = from; at < from + length; at += MAX_RANDOM_BYTES)
    bytes.set(draw(Math.min(MAX_RANDOM_BYTES, from + length - at)), at);
  return buf;
}

function randomFill(buf: ArrayBuffer, ...rest: unknown[]): void {
  const done = rest.pop() as Done<unknown>;
  if (typeof done !== 'function') throw invalidType('callback', 'function', done);
  later(randomFillSync(buf, ...(rest as number[])), done);
}

function timingSafeEqual(a: unknown, b: unknown): boolean {
  const left = bytesOf(a);
  const right = bytesOf(b);
  if (!left || !right) {
    const message = `The "${left ? 'buf2' : 'buf1'}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`;
    throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
  }
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
    hash,
    randomBytes,
    randomFill,
    randomFillSync,
    randomInt,
    randomUUID,
    timingSafeEqual,
  };
  define(target, { crypto });
}
