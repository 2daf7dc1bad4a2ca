/** What WebCrypto does with keys: ciphers, signatures, and bits derived from them. */
import { internals } from '../internals.ts';
import { type Algorithm, digestOf, hashNameOf, KINDS, source } from './algorithms.ts';
import { type Bytes, joined, sameBytes } from './arguments.ts';
import { base } from './base.ts';
import { type CryptoKey, failure } from './crypto-key.ts';
import { bytesFrom, call, packed } from './host.ts';
import { keyArgs, secretBytes } from './keys.ts';

const { fromBase64 } = internals;

const EMPTY: Bytes = new Uint8Array(0);
const BLOCK = 16;
const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

/** Does what may fail for reasons that nobody shall learn. */
function operation<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_OUT_OF_RANGE') throw error;
    throw failed();
  }
}

const failed = (): Error => failure('OperationError', 'The operation failed for an operation-specific reason');

function aes(mode: string, key: CryptoKey, parts: Record<string, Bytes>, more: object): Bytes {
  return bytesFrom('aes', { mode, ...packed({ key: secretBytes(key, 'key'), ...parts }), ...more });
}

function blockOf(algorithm: Algorithm, name: string): Bytes {
  const bytes = source(algorithm[name], `algorithm.${name}`);
  if (bytes.length === BLOCK) return bytes;
  throw failure('OperationError', `algorithm.${name} must contain exactly 16 bytes`);
}

function cbc(algorithm: Algorithm, key: CryptoKey, data: Bytes, decrypt: boolean): Bytes {
  const iv = blockOf(algorithm, 'iv');
  if (!decrypt) {
    const count = BLOCK - (data.length % BLOCK);
    return aes('cbc', key, { iv, data: joined([data, new Uint8Array(count).fill(count)]) }, { decrypt });
  }
  if (data.length === 0 || data.length % BLOCK !== 0) throw failed();
  const padded = aes('cbc', key, { iv, data }, { decrypt });
  const count = padded[padded.length - 1]!;
  if (count < 1 || count > BLOCK || !padded.subarray(-count).every((byte) => byte === count)) throw failed();
  return padded.subarray(0, padded.length - count);
}

function ctr(algorithm: Algorithm, key: CryptoKey, data: Bytes): Bytes {
  const iv = blockOf(algorithm, 'counter');
  const { length } = algorithm;
  if (!(length >= 1 && length <= 128))
    throw failure('OperationError', 'AES-CTR algorithm.length must be between 1 and 128');
  if (data.length > 2 ** length * BLOCK) throw failed();
  return data.length === 0 ? EMPTY : aes('ctr', key, { iv, data }, { offset: 0, counter_bits: length });
}

function gcm(algorithm: Algorithm, key: CryptoKey, data: Bytes, decrypt: boolean): Bytes {
  const iv = source(algorithm.iv, 'algorithm.iv');
  const aad =
    algorithm.additionalData === undefined ? EMPTY : source(algorithm.additionalData, 'algorithm.additionalData');
  const bits: number = algorithm.tagLength ?? 128;
  if (!TAG_BITS.includes(bits)) throw failure('OperationError', `${bits} is not a valid AES-GCM tag length`);
  const size = bits / 8;
  if (iv.length < 8 || iv.length > 128) throw failed();
  const end = decrypt ? data.length - size : data.length;
  if (end < 0) throw failure('OperationError', 'The provided data is too small.');
  const result = aes('gcm', key, { iv, aad, data: data.subarray(0, end) }, { offset: 0, decrypt });
  const tag = result.subarray(end, end + size);
  if (!decrypt) return result.subarray(0, end + size);
  if (!sameBytes(tag, data.subarray(end))) throw failed();
  return result.subarray(0, end);
}

function oaep(algorithm: Algorithm, key: CryptoKey, data: Bytes, decrypt: boolean): Bytes {
  const label = algorithm.label === undefined ? EMPTY : source(algorithm.label, 'algorithm.label');
  const hash = digestOf(key.algorithm.hash!.name);
  const args = { padding: 'oaep', algorithm: hash, ...packed({ label, data }) };
  const side = decrypt ? 'private' : 'public';
  return bytesFrom(decrypt ? 'rsa_decrypt' : 'rsa_encrypt', { ...keyArgs(key, side), ...args });
}

export function ciphered(algorithm: Algorithm, key: CryptoKey, data: Bytes, decrypt: boolean): Bytes {
  const ways: Record<string, () => Bytes> = {
    'AES-CBC': () => cbc(algorithm, key, data, decrypt),
    'AES-CTR': () => ctr(algorithm, key, data),
    'AES-GCM': () => gcm(algorithm, key, data, decrypt),
    'RSA-OAEP': () => operation(() => oaep(algorithm, key, data, decrypt)),
  };
  const way = ways[algorithm.name];
  if (way) return way();
  throw failure('NotSupportedError', 'Unrecognized algorithm name');
}

function hmac(key: CryptoKey, data: Bytes): Bytes {
  return base.createHmac(digestOf(key.algorithm.hash!.name), secretBytes(key, 'key')).update(data).digest();
}

/** How the host shall sign. */
function scheme(algorithm: Algorithm, key: CryptoKey): object {
  const { family } = KINDS[algorithm.name]!;
  if (family === 'okp') return { algorithm: '' };
  if (family === 'ec') return { algorithm: digestOf(hashNameOf(algorithm)), encoding: 'ieee-p1363' };
  const hash = { algorithm: digestOf(key.algorithm.hash!.name) };
  return algorithm.name === 'RSA-PSS'
    ? { ...hash, padding: 'pss', salt_length: algorithm.saltLength }
    : { ...hash, padding: 'pkcs1' };
}

export function signed(algorithm: Algorithm, key: CryptoKey, data: Bytes): Bytes {
  if (algorithm.name === 'HMAC') return hmac(key, data);
  if (key.type !== 'private') throw failure('InvalidAccessError', 'Unable to use this key to sign');
  const args = { ...keyArgs(key, 'private'), ...scheme(algorithm, key), ...packed({ data }) };
  return operation(() => bytesFrom('sign', args));
}

export function verified(algorithm: Algorithm, key: CryptoKey, signature: Bytes, data: Bytes): boolean {
  if (algorithm.name === 'HMAC') return sameBytes(hmac(key, data), signature);
  const args = { ...keyArgs(key, 'public'), ...scheme(algorithm, key), ...packed({ data, signature }) };
  return operation(() => call('verify', args) as boolean);
}

function wholeBytes(length: unknown): number {
  if (typeof length !== 'number' || length % 8 !== 0) throw failure('OperationError', 'length must be a multiple of 8');
  return length / 8;
}

function agreed(algorithm: Algorithm, key: CryptoKey, length: number | null): Bytes {
  const other = algorithm.public as CryptoKey;
  if (other?.algorithm?.name !== algorithm.name) throw failure('InvalidAccessError', 'Keys must be of the same type');
  const args = { ...keyArgs(key, 'private'), other_base64: keyArgs(other, 'public').key_base64 };
  const secret = operation(() => fromBase64(call('agree', args) as string));
  if (length === null) return secret;
  const size = Math.ceil(length / 8);
  if (size > secret.length) throw failure('OperationError', 'derived bit length is too small');
  return secret.slice(0, size);
}

export function derived(algorithm: Algorithm, key: CryptoKey, length: number | null): Bytes {
  if (KINDS[algorithm.name]!.family !== 'kdf') return agreed(algorithm, key, length);
  const size = wholeBytes(length);
  const salt = source(algorithm.salt, 'algorithm.salt');
  const base = { algorithm: digestOf(hashNameOf(algorithm)), length: size };
  const secret = secretBytes(key, 'key');
  if (algorithm.name === 'HKDF') {
    const parts = { secret, salt, info: source(algorithm.info, 'algorithm.info') };
    return size === 0 ? EMPTY : operation(() => bytesFrom('hkdf', { ...base, ...packed(parts) }));
  }
  const { iterations } = algorithm;
  if (!(iterations >= 1)) throw failure('OperationError', 'iterations cannot be zero');
  return size === 0
    ? EMPTY
    : operation(() => bytesFrom('pbkdf2', { ...base, iterations, ...packed({ secret, salt }) }));
}
