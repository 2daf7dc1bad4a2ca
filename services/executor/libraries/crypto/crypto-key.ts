/** `CryptoKey`: what WebCrypto knows of a key. The key itself is a key object that stands behind it. */
import { internals } from '../internals.ts';
import { keyObjectOf, type KeyObject, standFor } from './keys.ts';

const { define } = internals;

export type Usage = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'deriveKey' | 'deriveBits' | 'wrapKey' | 'unwrapKey';

export interface KeyAlgorithm {
  name: string;
  hash?: { name: string };
  length?: number;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
}

const TOKEN = Symbol('CryptoKey');
const USAGES: Usage[] = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];

export class CryptoKey {
  readonly #extractable: boolean;
  readonly #algorithm: KeyAlgorithm;
  readonly #usages: Usage[];

  constructor(token: symbol, key: KeyObject, algorithm: KeyAlgorithm, extractable: boolean, usages: Usage[]) {
    if (token !== TOKEN) throw new TypeError('Illegal constructor');
    standFor(this, key);
    this.#algorithm = algorithm;
    this.#extractable = extractable;
    this.#usages = USAGES.filter((usage) => usages.includes(usage));
  }

  get type(): string {
    return keyObjectOf(this)!.type;
  }

  get extractable(): boolean {
    return this.#extractable;
  }

  get algorithm(): KeyAlgorithm {
    return this.#algorithm;
  }

  get usages(): Usage[] {
    return this.#usages;
  }
}
define(CryptoKey.prototype, { [Symbol.toStringTag]: 'CryptoKey' });

export function makeCryptoKey(
  key: KeyObject,
  algorithm: KeyAlgorithm,
  extractable: boolean,
  usages: Usage[],
): CryptoKey {
  return new CryptoKey(TOKEN, key, algorithm, extractable, usages);
}

/** The private and the secret keys of nobody are of no use. */
export function checkUsages(usages: Usage[], allowed: Usage[], what: string): void {
  if (usages.some((usage) => !USAGES.includes(usage))) throw new TypeError('Unknown key usage');
  if (usages.some((usage) => !allowed.includes(usage)))
    throw failure('SyntaxError', `Unsupported key usage for ${what}`);
}

const Exception = DOMException;

export function failure(name: string, message: string): Error {
  return new Exception(message, name);
}
