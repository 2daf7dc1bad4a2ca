/** The algorithms of WebCrypto by name: which keys they have, what these are for, and what callers give with them. */
import { internals } from '../internals.ts';
import { type Bytes, invalidType } from './arguments.ts';
import { failure, type Usage } from './crypto-key.ts';

const { bytesOf, digestNamed } = internals;

export interface Algorithm extends Record<string, any> {
  name: string;
}

export interface Kind {
  family: 'hmac' | 'aes' | 'kdf' | 'rsa' | 'ec' | 'okp' | 'hash';
  secret?: Usage[];
  private?: Usage[];
  public?: Usage[];
}

const CIPHER: Usage[] = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
const DERIVE: Usage[] = ['deriveKey', 'deriveBits'];
const signature = (family: Kind['family']): Kind => ({ family, private: ['sign'], public: ['verify'] });
const agreement = (family: Kind['family']): Kind => ({ family, private: DERIVE, public: [] });

export const KINDS: Record<string, Kind> = {
  'SHA-1': { family: 'hash' },
  'SHA-256': { family: 'hash' },
  'SHA-384': { family: 'hash' },
  'SHA-512': { family: 'hash' },
  HMAC: { family: 'hmac', secret: ['sign', 'verify'] },
  'AES-CBC': { family: 'aes', secret: CIPHER },
  'AES-CTR': { family: 'aes', secret: CIPHER },
  'AES-GCM': { family: 'aes', secret: CIPHER },
  PBKDF2: { family: 'kdf', secret: DERIVE },
  HKDF: { family: 'kdf', secret: DERIVE },
  'RSASSA-PKCS1-v1_5': signature('rsa'),
  'RSA-PSS': signature('rsa'),
  'RSA-OAEP': { family: 'rsa', private: ['decrypt', 'unwrapKey'], public: ['encrypt', 'wrapKey'] },
  ECDSA: signature('ec'),
  ECDH: agreement('ec'),
  Ed25519: signature('okp'),
  Ed448: signature('okp'),
  X25519: agreement('okp'),
  X448: agreement('okp'),
};
const NAMES = new Map(Object.keys(KINDS).map((name) => [name.toLowerCase(), name]));

/** The algorithm with its name as the standard writes it. */
export function algorithmOf(given: unknown, families?: Kind['family'][]): Algorithm {
  const asked = typeof given === 'string' ? { name: given } : ((given ?? {}) as Algorithm);
  const name = NAMES.get(String(asked.name).toLowerCase());
  if (!name || (families && !families.includes(KINDS[name]!.family))) {
    throw failure('NotSupportedError', 'Unrecognized algorithm name');
  }
  return { ...asked, name };
}

/** The hash that stands in an algorithm, as `SHA-256`. */
export const hashNameOf = (algorithm: Algorithm): string => algorithmOf(algorithm.hash, ['hash']).name;

/** A hash by the name that the host takes. */
export const digestOf = (name: string): string => digestNamed(name)!;

/** A copy of what callers give as bytes. */
export function source(value: unknown, name: string): Bytes {
  const bytes = bytesOf(value);
  if (!bytes) throw invalidType(name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], value);
  return bytes.slice();
}

export function bufferOfBytes(bytes: Bytes): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}
