/** `createSign`, `createVerify` and the one-shot `sign` and `verify`: RSA, ECDSA, and Ed25519 and Ed448 in one shot. */
import { internals } from '../internals.ts';
import { bytesGiven, type Bytes, calledBack, DATA, encoded, invalidValue, joined, textGiven } from './arguments.ts';
import { constants } from './constants.ts';
import { bytesFrom, call, errorOf, packed } from './host.ts';
import { keyArgs } from './keys.ts';

const { codedError, digestNamed } = internals;

const EMPTY: Bytes = new Uint8Array(0);
const LONGEST = constants.RSA_PSS_SALTLEN_AUTO;

function algorithmGiven(name: unknown): string {
  const algorithm = digestNamed(textGiven(name, 'algorithm'));
  if (algorithm) return algorithm;
  throw errorOf('ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest');
}

/** How a key shall sign, as it stands beside the key. */
function schemeOf(key: unknown): object {
  const { padding = 1, saltLength = LONGEST, dsaEncoding = 'der' } = (key ?? {}) as Record<string, unknown>;
  if (dsaEncoding !== 'der' && dsaEncoding !== 'ieee-p1363') throw invalidValue('options.dsaEncoding', dsaEncoding);
  if (padding !== constants.RSA_PKCS1_PADDING && padding !== constants.RSA_PKCS1_PSS_PADDING) {
    throw invalidValue('options.padding', padding);
  }
  const name = padding === constants.RSA_PKCS1_PSS_PADDING ? 'pss' : 'pkcs1';
  return { padding: name, salt_length: saltLength, encoding: dsaEncoding };
}

function signed(algorithm: string, data: Bytes, key: unknown): Bytes {
  return bytesFrom('sign', { ...keyArgs(key, 'private'), ...schemeOf(key), algorithm, ...packed({ data }) });
}

function verified(algorithm: string, data: Bytes, key: unknown, signature: Bytes): boolean {
  const args = { ...keyArgs(key, 'public'), ...schemeOf(key), algorithm };
  return call('verify', { ...args, ...packed({ data, signature }) }) as boolean;
}

/** The keys that take the message itself have no streaming form. */
function streamed<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_OSSL_INVALID_DIGEST') throw error;
    throw errorOf('ERR_CRYPTO_UNSUPPORTED_OPERATION', 'Unsupported crypto operation');
  }
}

class Collector {
  protected readonly algorithm: string;
  #chunks: Bytes[] = [];
  #done = false;

  constructor(algorithm: unknown) {
    this.algorithm = algorithmGiven(algorithm);
  }

  update(data: unknown, encoding?: unknown): this {
    const bytes = bytesGiven(data, 'data', DATA, encoding);
    if (this.#done) throw codedError(Error, 'ERR_CRYPTO_INVALID_STATE', 'Not initialised');
    this.#chunks.push(typeof data === 'string' ? bytes : bytes.slice());
    return this;
  }

  /** As a stream's; takes what `update` takes. */
  write(data: unknown, encoding?: unknown): boolean {
    this.update(data, encoding);
    return true;
  }

  end(data?: unknown, encoding?: unknown): this {
    return data === undefined ? this : this.update(data, encoding);
  }

  protected collected(): Bytes {
    if (this.#done) throw codedError(Error, 'ERR_CRYPTO_INVALID_STATE', 'Not initialised');
    this.#done = true;
    return this.#chunks.length === 0 ? EMPTY : joined(this.#chunks);
  }
}

export class Sign extends Collector {
  sign(key: unknown, encoding?: unknown): any {
    if (!key) throw codedError(Error, 'ERR_CRYPTO_SIGN_KEY_REQUIRED', 'No key provided to sign');
    const data = this.collected();
    return encoded(
      streamed(() => signed(this.algorithm, data, key)),
      encoding,
    );
  }
}

export class Verify extends Collector {
  verify(key: unknown, signature: unknown, encoding?: unknown): boolean {
    const bytes = bytesGiven(signature, 'signature', undefined, encoding);
    const data = this.collected();
    return streamed(() => verified(this.algorithm, data, key, bytes));
  }
}

export const createSign = (algorithm: unknown): Sign => new Sign(algorithm);
export const createVerify = (algorithm: unknown): Verify => new Verify(algorithm);

const oneShot = (algorithm: unknown): string =>
  algorithm === null || algorithm === undefined ? '' : algorithmGiven(algorithm);

export function sign(algorithm: unknown, data: unknown, key: unknown, callback?: unknown): any {
  const bytes = bytesGiven(data, 'data');
  const compute = (): unknown => encoded(signed(oneShot(algorithm), bytes, key));
  return callback === undefined ? compute() : calledBack(callback, () => [compute()]);
}

export function verify(algorithm: unknown, data: unknown, key: unknown, signature: unknown, callback?: unknown): any {
  const bytes = bytesGiven(data, 'data');
  const other = bytesGiven(signature, 'signature');
  const compute = (): boolean => verified(oneShot(algorithm), bytes, key, other);
  return callback === undefined ? compute() : calledBack(callback, () => [compute()]);
}
