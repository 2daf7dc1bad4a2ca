/** RSA encryption: OAEP and PKCS#1, and the older way to sign without a digest. */
import { internals } from '../internals.ts';
import { bytesGiven, BYTES, type Bytes, encoded, invalidValue } from './arguments.ts';
import { constants } from './constants.ts';
import { bytesFrom, errorOf, packed } from './host.ts';
import { keyArgs } from './keys.ts';

const { digestNamed } = internals;

const PADDINGS: Record<number, string> = {
  [constants.RSA_PKCS1_PADDING]: 'pkcs1',
  [constants.RSA_PKCS1_OAEP_PADDING]: 'oaep',
};

function paddingOf(key: unknown): object {
  const options = (key ?? {}) as Record<string, unknown>;
  const { padding = constants.RSA_PKCS1_OAEP_PADDING, oaepHash = 'sha1', oaepLabel = '' } = options;
  const name = PADDINGS[padding as number];
  if (!name) throw invalidValue('options.padding', padding);
  const algorithm = digestNamed(oaepHash);
  if (!algorithm)
    throw errorOf('ERR_OSSL_EVP_INVALID_DIGEST', 'error:03000098:digital envelope routines::invalid digest');
  return { padding: name, algorithm, ...packed({ label: bytesGiven(oaepLabel, 'key.oaepLabel') }) };
}

function dataOf(key: unknown, buffer: unknown): Bytes {
  return bytesGiven(buffer, 'buffer', BYTES, (key as { encoding?: unknown } | null)?.encoding);
}

function way(name: string, side: 'public' | 'private', isPadded: boolean) {
  return (key: unknown, buffer: unknown): any => {
    const args = { ...keyArgs(key, side), ...packed({ data: dataOf(key, buffer) }) };
    return encoded(bytesFrom(name, isPadded ? { ...args, ...paddingOf(key) } : args));
  };
}

export const publicEncrypt = way('rsa_encrypt', 'public', true);
export const privateDecrypt = way('rsa_decrypt', 'private', true);
export const privateEncrypt = way('rsa_private_encrypt', 'private', false);
export const publicDecrypt = way('rsa_public_decrypt', 'public', false);
