/** `crypto.subtle` of WebCrypto, over what Node's functions use. */
import { internals } from '../internals.ts';
import { type Algorithm, algorithmOf, bufferOfBytes, digestOf, source } from './algorithms.ts';
import { invalidType } from './arguments.ts';
import { base } from './base.ts';
import { CryptoKey, failure, type Usage } from './crypto-key.ts';
import { exported, type Format, generated, imported, secretBits } from './subtle-keys.ts';
import { ciphered, derived, signed, verified } from './subtle-operations.ts';

const { decodeText, define, encodeText } = internals;

/** The algorithm, once the key is one of it and may be used so. */
function permitted(given: unknown, key: unknown, usage: Usage, what: string = usage): Algorithm {
  if (!(key instanceof CryptoKey)) throw invalidType('key', ['CryptoKey'], key);
  const algorithm = algorithmOf(given);
  if (key.algorithm.name !== algorithm.name) throw failure('InvalidAccessError', 'Key algorithm mismatch');
  if (!key.usages.includes(usage)) throw failure('InvalidAccessError', `Unable to use this key to ${what}`);
  return algorithm;
}

export class SubtleCrypto {
  constructor() {
    throw new TypeError('Illegal constructor');
  }

  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    const { name } = algorithmOf(algorithm, ['hash']);
    return bufferOfBytes(base.createHash(digestOf(name)).update(source(data, 'data')).digest());
  }

  async encrypt(algorithm: unknown, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    const bytes = source(data, 'data');
    return bufferOfBytes(ciphered(permitted(algorithm, key, 'encrypt'), key, bytes, false));
  }

  async decrypt(algorithm: unknown, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    const bytes = source(data, 'data');
    return bufferOfBytes(ciphered(permitted(algorithm, key, 'decrypt'), key, bytes, true));
  }

  async sign(algorithm: unknown, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    return bufferOfBytes(signed(permitted(algorithm, key, 'sign'), key, source(data, 'data')));
  }

  async verify(algorithm: unknown, key: CryptoKey, signature: unknown, data: unknown): Promise<boolean> {
    const parts = [source(signature, 'signature'), source(data, 'data')] as const;
    return verified(permitted(algorithm, key, 'verify'), key, ...parts);
  }

  async deriveBits(algorithm: unknown, baseKey: CryptoKey, length: number | null = null): Promise<ArrayBuffer> {
    return bufferOfBytes(derived(permitted(algorithm, baseKey, 'deriveBits', 'derive bits'), baseKey, length));
  }

  async deriveKey(
    algorithm: unknown,
    baseKey: CryptoKey,
    derivedKeyAlgorithm: unknown,
    extractable: boolean,
    usages: Usage[],
  ): Promise<CryptoKey> {
    const way = permitted(algorithm, baseKey, 'deriveKey', 'derive a key');
    const target = algorithmOf(derivedKeyAlgorithm, ['hmac', 'aes', 'kdf']);
    const isBase = target.name === 'HKDF' || target.name === 'PBKDF2';
    const bits = derived(way, baseKey, isBase ? null : secretBits(target));
    return imported('raw', bits, target, extractable, usages);
  }

  async importKey(
    format: Format,
    keyData: unknown,
    algorithm: unknown,
    extractable: boolean,
    usages: Usage[],
  ): Promise<CryptoKey> {
    return imported(format, keyData, algorithmOf(algorithm, KEY_FAMILIES), extractable, usages);
  }

  async exportKey(format: Format, key: CryptoKey): Promise<ArrayBuffer | object> {
    if (!(key instanceof CryptoKey)) throw invalidType('key', ['CryptoKey'], key);
    const content = exported(format, key);
    return content instanceof Uint8Array ? bufferOfBytes(content) : content;
  }

  async generateKey(algorithm: unknown, extractable: boolean, usages: Usage[]): Promise<object> {
    return generated(algorithmOf(algorithm, KEY_FAMILIES), extractable, usages);
  }

  async wrapKey(format: Format, key: CryptoKey, wrappingKey: CryptoKey, wrapAlgorithm: unknown): Promise<ArrayBuffer> {
    const algorithm = permitted(wrapAlgorithm, wrappingKey, 'wrapKey', 'wrap a key');
    const content = exported(format, key);
    const bytes = content instanceof Uint8Array ? content : encodeText(JSON.stringify(content));
    return bufferOfBytes(ciphered(algorithm, wrappingKey, bytes, false));
  }

  async unwrapKey(
    format: Format,
    wrappedKey: unknown,
    unwrappingKey: CryptoKey,
    unwrapAlgorithm: unknown,
    unwrappedKeyAlgorithm: unknown,
    extractable: boolean,
    usages: Usage[],
  ): Promise<CryptoKey> {
    const algorithm = permitted(unwrapAlgorithm, unwrappingKey, 'unwrapKey', 'unwrap a key');
    const bytes = ciphered(algorithm, unwrappingKey, source(wrappedKey, 'wrappedKey'), true);
    const content: unknown = format === 'jwk' ? JSON.parse(decodeText(bytes)) : bytes;
    return imported(format, content, algorithmOf(unwrappedKeyAlgorithm, KEY_FAMILIES), extractable, usages);
  }
}
const KEY_FAMILIES = ['hmac' as const, 'aes' as const, 'kdf' as const, 'rsa' as const, 'ec' as const, 'okp' as const];
define(SubtleCrypto.prototype, { [Symbol.toStringTag]: 'SubtleCrypto' });

export const subtle = Object.create(SubtleCrypto.prototype) as SubtleCrypto;
