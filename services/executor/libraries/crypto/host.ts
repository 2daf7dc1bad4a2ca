/** Calls of the host for cryptography: bytes as base64, refusals as the errors that Node throws. */
import { internals } from '../internals.ts';
import type { Bytes } from './arguments.ts';

const { fromBase64, hostCall, toBase64 } = internals;

const TYPES: Record<string, new (message: string) => Error> = {
  ERR_CRYPTO_ECDH_INVALID_FORMAT: TypeError,
  ERR_CRYPTO_INVALID_CURVE: TypeError,
  ERR_CRYPTO_INVALID_DIGEST: TypeError,
  ERR_CRYPTO_INVALID_IV: TypeError,
  ERR_CRYPTO_INVALID_KEYLEN: RangeError,
  ERR_CRYPTO_INVALID_SCRYPT_PARAMS: RangeError,
  ERR_OUT_OF_RANGE: RangeError,
};

/** An error by its code, with the fields that OpenSSL's have. */
export function errorOf(code: string, message: string): Error {
  const error = new (TYPES[code] ?? Error)(message);
  const parts = /^error:[0-9A-F]+:([^:]*)::(.*)$/.exec(message);
  return Object.assign(error, parts ? { library: parts[1], reason: parts[2] } : {}, { code });
}

export function call(name: string, args: object): any {
  try {
    return hostCall(name, args);
  } catch (error) {
    const parts = /^(ERR_[A-Z0-9_]+) ([^]*)$/.exec((error as Error).message);
    throw parts ? errorOf(parts[1]!, parts[2]!) : error;
  }
}

/** Arguments with bytes: `{ data: bytes }` becomes `{ data_base64: text }`. */
export function packed(parts: Record<string, Bytes>): Record<string, string> {
  const args: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(parts)) args[`${name}_base64`] = toBase64(bytes as Uint8Array);
  return args;
}

/** A call that gives bytes. */
export function bytesFrom(name: string, args: object): Uint8Array<ArrayBuffer> {
  return fromBase64(call(name, args) as string);
}
