/** Keys from passwords and secrets: PBKDF2, scrypt, HKDF. The host computes, and each call costs what it takes. */
import { internals } from '../internals.ts';
import {
  bytesGiven,
  BYTES,
  calledBack,
  callbackGiven,
  encoded,
  outOfRange,
  textGiven,
  wholeGiven,
} from './arguments.ts';
import { bytesFrom, errorOf, packed } from './host.ts';
import { secretBytes } from './keys.ts';

const { codedError, digestNamed } = internals;

function digestGiven(name: unknown): string {
  const digest = digestNamed(textGiven(name, 'digest'));
  if (digest) return digest;
  throw errorOf('ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${String(name)}`);
}

function pbkdf2Call(
  password: unknown,
  salt: unknown,
  iterations: unknown,
  keylen: unknown,
  digest: unknown,
): () => any {
  textGiven(digest, 'digest');
  const secrets = packed({
    secret: bytesGiven(password, 'password', BYTES),
    salt: bytesGiven(salt, 'salt', BYTES),
  });
  const args = { iterations: wholeGiven(iterations, 'iterations', 1), length: wholeGiven(keylen, 'keylen', 0) };
  const algorithm = digestGiven(digest);
  return () => encoded(args.length === 0 ? new Uint8Array(0) : bytesFrom('pbkdf2', { ...secrets, ...args, algorithm }));
}

export function pbkdf2Sync(...args: [unknown, unknown, unknown, unknown, unknown]): any {
  return pbkdf2Call(...args)();
}

export function pbkdf2(
  password: unknown,
  salt: unknown,
  iterations: unknown,
  keylen: unknown,
  digest: unknown,
  callback?: unknown,
): void {
  if (typeof digest === 'function') [digest, callback] = [undefined, digest];
  const compute = pbkdf2Call(password, salt, iterations, keylen, digest);
  calledBack(callback, () => [compute()]);
}

const SCRYPT = { N: 16_384, r: 8, p: 1, maxmem: 32 * 2 ** 20 };
const LONG_NAMES = { N: 'cost', r: 'blockSize', p: 'parallelization' } as const;

function scryptOption(options: Record<string, unknown>, name: 'N' | 'r' | 'p'): number {
  const long = LONG_NAMES[name];
  const value = options[name] ?? options[long];
  if (options[name] !== undefined && options[long] !== undefined) {
    throw codedError(Error, 'ERR_CRYPTO_SCRYPT_INVALID_PARAMETER', 'Invalid scrypt parameter');
  }
  return (value === undefined ? 0 : wholeGiven(value, name, 0, 2 ** 32 - 1)) || SCRYPT[name];
}

function scryptCall(password: unknown, salt: unknown, keylen: unknown, options: unknown): () => any {
  const secrets = packed({
    secret: bytesGiven(password, 'password', BYTES),
    salt: bytesGiven(salt, 'salt', BYTES),
  });
  const length = wholeGiven(keylen, 'keylen', 0);
  const given = (options ?? {}) as Record<string, unknown>;
  const [N, r, p] = [scryptOption(given, 'N'), scryptOption(given, 'r'), scryptOption(given, 'p')];
  const maxmem = given.maxmem === undefined ? SCRYPT.maxmem : wholeGiven(given.maxmem, 'maxmem', 0, 2 ** 53 - 1);
  if (N < 2 || (N & (N - 1)) !== 0) throw errorOf('ERR_CRYPTO_INVALID_SCRYPT_PARAMS', 'Invalid scrypt params');
  if (128 * r * (N + p + 2) > (maxmem || SCRYPT.maxmem)) {
    const message = 'Invalid scrypt params: error:030000AC:digital envelope routines::memory limit exceeded';
    throw errorOf('ERR_CRYPTO_INVALID_SCRYPT_PARAMS', message);
  }
  const args = { cost: N, block_size: r, parallelization: p, length };
  return () => encoded(length === 0 ? new Uint8Array(0) : bytesFrom('scrypt', { ...secrets, ...args }));
}

export function scryptSync(password: unknown, salt: unknown, keylen: unknown, options?: unknown): any {
  return scryptCall(password, salt, keylen, options)();
}

export function scrypt(password: unknown, salt: unknown, keylen: unknown, options: unknown, callback?: unknown): void {
  if (typeof options === 'function') [options, callback] = [undefined, options];
  callbackGiven(callback);
  const compute = scryptCall(password, salt, keylen, options);
  calledBack(callback, () => [compute()]);
}

const MAX_INFO_BYTES = 1024;

function hkdfCall(digest: unknown, ikm: unknown, salt: unknown, info: unknown, keylen: unknown): () => ArrayBuffer {
  textGiven(digest, 'digest');
  const parts = { secret: secretBytes(ikm, 'ikm'), salt: bytesGiven(salt, 'salt'), info: bytesGiven(info, 'info') };
  const length = wholeGiven(keylen, 'length', 0);
  if (parts.info.length > MAX_INFO_BYTES) {
    throw outOfRange('info', `must not contain more than ${MAX_INFO_BYTES} bytes`, parts.info.length);
  }
  const algorithm = digestGiven(digest);
  const args = { algorithm, length, ...packed(parts) };
  return () => (length === 0 ? new ArrayBuffer(0) : bytesFrom('hkdf', args).buffer);
}

export function hkdfSync(...args: [unknown, unknown, unknown, unknown, unknown]): ArrayBuffer {
  return hkdfCall(...args)();
}

export function hkdf(
  digest: unknown,
  ikm: unknown,
  salt: unknown,
  info: unknown,
  keylen: unknown,
  callback: unknown,
): void {
  const compute = hkdfCall(digest, ikm, salt, info, keylen);
  calledBack(callback, () => [compute()]);
}
