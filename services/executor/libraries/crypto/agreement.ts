/** Diffie-Hellman on curves: `diffieHellman` and `createECDH`. That over finite fields is not there. */
import { internals } from '../internals.ts';
import { bytesGiven, type Bytes, encoded, objectGiven, textGiven } from './arguments.ts';
import { curveGiven } from './curves.ts';
import { bytesFrom, call, errorOf, packed } from './host.ts';
import { keyArgs } from './keys.ts';

const { codedError, encodeText, Buffer } = internals;

export function diffieHellman(options: unknown): any {
  const { privateKey, publicKey } = objectGiven(options, 'options');
  const own = keyArgs(privateKey, 'private');
  const other = keyArgs(publicKey, 'public');
  try {
    return encoded(bytesFrom('agree', { ...own, other_base64: other.key_base64 }));
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_CRYPTO_INCOMPATIBLE_KEY') throw error;
    const types = [privateKey, publicKey].map((key) => key?.asymmetricKeyType).join(' and ');
    throw codedError(Error, 'ERR_CRYPTO_INCOMPATIBLE_KEY', `Incompatible key types for Diffie-Hellman: ${types}`);
  }
}

const fromText = (text: string): Bytes => encodeText(text, 'base64url');
const COMPRESSED = 2;
const FORMATS: Record<string, number> = { compressed: COMPRESSED, uncompressed: 4, hybrid: 6 };

interface Jwk {
  x: string;
  y: string;
  d: string;
}

export class ECDH {
  readonly #curve: string;
  #private: string | undefined;
  #public: string | undefined;

  constructor(curve: unknown) {
    this.#curve = curveGiven(textGiven(curve, 'curve'));
  }

  generateKeys(encoding?: unknown, format?: unknown): any {
    this.#private = this.#public = call('make_key', { type: 'ec', curve: this.#curve }) as string;
    return this.getPublicKey(encoding, format);
  }

  computeSecret(otherPublicKey: unknown, inputEncoding?: unknown, outputEncoding?: unknown): any {
    const own = this.#private;
    if (own === undefined) throw codedError(Error, 'ERR_CRYPTO_ECDH_INVALID_KEY_PAIR', 'Invalid key pair');
    const point = bytesGiven(otherPublicKey, 'otherPublicKey', undefined, inputEncoding);
    let other: string;
    try {
      other = this.#keyOf(point, false);
    } catch {
      const message = 'Public key is not valid for specified curve';
      throw codedError(Error, 'ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY', message);
    }
    return encoded(bytesFrom('agree', { key_base64: own, other_base64: other }), outputEncoding);
  }

  getPrivateKey(encoding?: unknown): any {
    if (this.#private === undefined) throw failed('Failed to get ECDH private key');
    const { d } = call('write_private_key', { key_base64: this.#private, format: 'jwk' }) as Jwk;
    const number = fromText(d);
    return encoded(number.slice(number.findIndex((byte) => byte !== 0)), encoding);
  }

  getPublicKey(encoding?: unknown, format: unknown = 'uncompressed'): any {
    if (this.#public === undefined) throw failed('Failed to get ECDH public key');
    const tag = FORMATS[String(format)];
    if (tag === undefined) throw errorOf('ERR_CRYPTO_ECDH_INVALID_FORMAT', `Invalid ECDH format: ${String(format)}`);
    const { x, y } = call('write_public_key', { key_base64: this.#public, format: 'jwk' }) as Jwk;
    const [abscissa, ordinate] = [fromText(x), fromText(y)];
    const odd = ordinate[ordinate.length - 1]! & 1;
    const parts = tag === COMPRESSED ? [[COMPRESSED | odd], abscissa] : [[tag === 6 ? 6 | odd : 4], abscissa, ordinate];
    return encoded(Buffer.concat(parts.map((part) => Uint8Array.from(part))), encoding);
  }

  setPrivateKey(key: unknown, encoding?: unknown): this {
    const number = bytesGiven(key, 'key', undefined, encoding);
    try {
      this.#private = this.#public = this.#keyOf(number, true);
    } catch {
      throw failed('Private key is not valid for specified curve.');
    }
    return this;
  }

  /** @deprecated in Node, too. */
  setPublicKey(key: unknown, encoding?: unknown): this {
    this.#public = this.#keyOf(bytesGiven(key, 'key', undefined, encoding), false);
    return this;
  }

  #keyOf(given: Bytes, isPrivate: boolean): string {
    const isHybrid = !isPrivate && (given[0] === 6 || given[0] === 7);
    const data = isHybrid ? Uint8Array.from([4, ...given.subarray(1)]) : given;
    return call('point_key', { curve: this.#curve, private: isPrivate, ...packed({ data }) }) as string;
  }
}

function failed(message: string): Error {
  return codedError(Error, 'ERR_CRYPTO_OPERATION_FAILED', message);
}

export const createECDH = (curve: unknown): ECDH => new ECDH(curve);

export function unavailable(name: string): () => never {
  return () => {
    const message = `crypto.${name} is not available: use crypto.createECDH or crypto.diffieHellman`;
    throw codedError(Error, 'ERR_METHOD_NOT_IMPLEMENTED', message);
  };
}
