/** How WebCrypto's keys are imported, exported and made. */
import { internals } from '../internals.ts';
import { type Algorithm, hashNameOf, KINDS, source } from './algorithms.ts';
import { type Bytes } from './arguments.ts';
import { base } from './base.ts';
import { checkUsages, type CryptoKey, failure, type KeyAlgorithm, makeCryptoKey, type Usage } from './crypto-key.ts';
import { curveGiven } from './curves.ts';
import { generateKeyPairSync } from './generation.ts';
import { call, packed } from './host.ts';
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  keyObjectOf,
  type KeyObject,
  type PrivateKeyObject,
  type PublicKeyObject,
  type SecretKeyObject,
} from './keys.ts';

const { encodeText, fromBase64, decodeText, Buffer } = internals;

export type Format = 'raw' | 'pkcs8' | 'spki' | 'jwk';
type Jwk = Record<string, any>;

const AES_BITS = [128, 192, 256];
const BLOCK_BITS: Record<string, number> = { 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 };
const CURVES = ['P-256', 'P-384', 'P-521'];
const RSA_ALGS: Record<string, string> = { 'RSASSA-PKCS1-v1_5': 'RS', 'RSA-PSS': 'PS' };
const data = (message: string): Error => failure('DataError', message);

/** Tells what a JWK may not say. */
function checkJwk(jwk: Jwk, usages: Usage[], extractable: boolean, alg: string | undefined): void {
  if (typeof jwk !== 'object' || jwk === null || jwk.kty === undefined) throw data('Invalid keyData');
  if (jwk.ext === false && extractable) throw data('JWK "ext" Parameter and extractable mismatch');
  if (jwk.key_ops && usages.some((usage) => !jwk.key_ops.includes(usage))) {
    throw data('Key operations and usage mismatch');
  }
  if (jwk.alg !== undefined && alg !== undefined && jwk.alg !== alg)
    throw data('JWK "alg" does not match the requested algorithm');
}

/** What RFC 7518 calls a key's algorithm. */
function algOf({ name, hash, length }: KeyAlgorithm): string | undefined {
  const digits = hash?.name.slice(4);
  if (name === 'HMAC') return `HS${digits}`;
  if (name.startsWith('AES-')) return `A${length}${name.slice(4)}`;
  if (name === 'RSA-OAEP') return digits === '1' ? name : `${name}-${digits}`;
  if (name === 'Ed25519' || name === 'Ed448') return name;
  return name in RSA_ALGS ? `${RSA_ALGS[name]}${digits}` : undefined;
}

function secretAlgorithm(algorithm: Algorithm, bytes: Bytes): KeyAlgorithm {
  const { name } = algorithm;
  if (KINDS[name]!.family === 'kdf') return { name };
  const length = bytes.length * 8;
  if (name !== 'HMAC') {
    if (!AES_BITS.includes(length)) throw data('Invalid key length');
    return { name, length };
  }
  if (length === 0) throw data('Zero-length key is not supported');
  if (algorithm.length !== undefined && algorithm.length !== length) throw data('Invalid key length');
  return { name, hash: { name: hashNameOf(algorithm) }, length };
}

function importSecret(
  format: Format,
  keyData: any,
  algorithm: Algorithm,
  extractable: boolean,
  usages: Usage[],
): CryptoKey {
  const kind = KINDS[algorithm.name]!;
  checkUsages(usages, kind.secret!, `a ${algorithm.name} key`);
  if (kind.family === 'kdf' && extractable) throw failure('SyntaxError', `${algorithm.name} keys are not extractable`);
  if (format !== 'raw' && (format !== 'jwk' || kind.family === 'kdf')) {
    throw failure('NotSupportedError', `Unable to import ${algorithm.name} key using ${format} format`);
  }
  if (format === 'jwk' && (keyData?.kty !== 'oct' || typeof keyData.k !== 'string'))
    throw data('Invalid JWK "kty" Parameter');
  const bytes = format === 'jwk' ? encodeText(keyData.k, 'base64url') : source(keyData, 'keyData');
  const own = secretAlgorithm(algorithm, bytes);
  if (format === 'jwk') checkJwk(keyData, usages, extractable, algOf(own));
  if (usages.length === 0) throw failure('SyntaxError', 'Usages cannot be empty when importing a secret key.');
  return makeCryptoKey(createSecretKey(bytes), own, extractable, usages);
}

function readKey(format: Format, keyData: any, algorithm: Algorithm): KeyObject {
  try {
    if (format === 'pkcs8') return createPrivateKey({ key: source(keyData, 'keyData'), format: 'der', type: 'pkcs8' });
    if (format === 'spki') return createPublicKey({ key: source(keyData, 'keyData'), format: 'der', type: 'spki' });
    if (format === 'raw') return createPublicKey({ key: rawKey(source(keyData, 'keyData'), algorithm), format: 'der' });
    return keyData.d === undefined
      ? createPublicKey({ key: keyData, format: 'jwk' })
      : createPrivateKey({ key: keyData, format: 'jwk' });
  } catch (error) {
    throw data((error as Error).name === 'TypeError' ? (error as Error).message : 'Invalid keyData');
  }
}

/** The DER of a public key that is given as its bare number or point. */
function rawKey(bytes: Bytes, algorithm: Algorithm): Bytes {
  if (KINDS[algorithm.name]!.family === 'ec') {
    const curve = curveGiven(algorithm.namedCurve);
    return fromBase64(call('point_key', { curve, private: false, ...packed({ data: bytes }) }) as string);
  }
  const jwk = { kty: 'OKP', crv: algorithm.name, x: decodeText(bytes, 'base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
}

const exponentBytes = (exponent: bigint): Uint8Array => Uint8Array.fromHex(exponent.toString(16).padStart(6, '0'));

/** What WebCrypto tells of an asymmetric key, once it is what the caller says it is. */
function asymmetricAlgorithm(algorithm: Algorithm, key: KeyObject): KeyAlgorithm {
  const { name } = algorithm;
  const { family } = KINDS[name]!;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key as PublicKeyObject;
  if (type !== (family === 'okp' ? name.toLowerCase() : family)) throw data('Invalid key type');
  if (family === 'okp') return { name };
  if (family === 'rsa') {
    const { modulusLength, publicExponent } = details as { modulusLength: number; publicExponent: bigint };
    return {
      name,
      modulusLength,
      publicExponent: exponentBytes(publicExponent),
      hash: { name: hashNameOf(algorithm) },
    };
  }
  const { namedCurve } = details as { namedCurve: string };
  if (curveGiven(algorithm.namedCurve) !== curveGiven(namedCurve)) throw data('Named curve mismatch');
  return { name, namedCurve: curveGiven(namedCurve) };
}

function importAsymmetric(
  format: Format,
  keyData: any,
  algorithm: Algorithm,
  extractable: boolean,
  usages: Usage[],
): CryptoKey {
  const kind = KINDS[algorithm.name]!;
  if (kind.family === 'ec' && !CURVES.includes(algorithm.namedCurve)) {
    throw failure('NotSupportedError', 'Unrecognized namedCurve');
  }
  if (format === 'raw' && kind.family === 'rsa') {
    throw failure('NotSupportedError', `Unable to import ${algorithm.name} key using raw format`);
  }
  const isPrivate = format === 'pkcs8' || (format === 'jwk' && keyData?.d !== undefined);
  checkUsages(usages, isPrivate ? kind.private! : kind.public!, `a ${algorithm.name} key`);
  if (format === 'jwk') checkJwk(keyData, usages, extractable, undefined);
  const key = readKey(format, keyData, algorithm);
  const own = asymmetricAlgorithm(algorithm, key);
  if (format === 'jwk') checkJwk(keyData, usages, extractable, algOf(own));
  if (isPrivate && usages.length === 0)
    throw failure('SyntaxError', 'Usages cannot be empty when importing a private key.');
  return makeCryptoKey(key, own, extractable, usages);
}

function checkFormat(format: unknown): void {
  if (!['raw', 'pkcs8', 'spki', 'jwk'].includes(format as Format))
    throw new TypeError(`Unknown key format ${String(format)}`);
}

export function imported(
  format: Format,
  keyData: unknown,
  algorithm: Algorithm,
  extractable: boolean,
  usages: Usage[],
): CryptoKey {
  checkFormat(format);
  const importer = KINDS[algorithm.name]!.secret ? importSecret : importAsymmetric;
  return importer(format, keyData, algorithm, extractable, [...usages]);
}

function rawOf(key: KeyObject): Bytes {
  if (key.type === 'secret') return (key as SecretKeyObject).export();
  const { x, y } = (key as PublicKeyObject).export({ format: 'jwk' }) as Jwk;
  const abscissa = encodeText(x, 'base64url');
  return y === undefined ? abscissa : Buffer.concat([Uint8Array.of(4), abscissa, encodeText(y, 'base64url')]);
}

function jwkOf(cryptoKey: CryptoKey, key: KeyObject): Jwk {
  const jwk = (key as PublicKeyObject).export({ format: 'jwk' }) as Jwk;
  const alg = algOf(cryptoKey.algorithm);
  return { key_ops: [...cryptoKey.usages], ext: cryptoKey.extractable, ...jwk, ...(alg === undefined ? {} : { alg }) };
}

/** Gives the key as bytes, or as a JWK. */
export function exported(format: Format, cryptoKey: CryptoKey): Bytes | Jwk {
  checkFormat(format);
  if (!cryptoKey.extractable) throw failure('InvalidAccessError', 'key is not extractable');
  const key = keyObjectOf(cryptoKey)!;
  const { family } = KINDS[cryptoKey.algorithm.name]!;
  if (format === 'jwk') return jwkOf(cryptoKey, key);
  if (format === 'raw' && (key.type === 'secret' || (key.type === 'public' && family !== 'rsa'))) return rawOf(key);
  if (format === 'spki' && key.type === 'public')
    return (key as PublicKeyObject).export({ format: 'der', type: format });
  if (format === 'pkcs8' && key.type === 'private')
    return (key as PrivateKeyObject).export({ format: 'der', type: format });
  throw failure('InvalidAccessError', `Unable to export a ${format} ${cryptoKey.algorithm.name} ${key.type} key`);
}

/** The bits of a secret key that is made or derived. */
export function secretBits(algorithm: Algorithm): number {
  if (algorithm.name === 'HMAC') return algorithm.length ?? BLOCK_BITS[hashNameOf(algorithm)]!;
  if (AES_BITS.includes(algorithm.length)) return algorithm.length;
  throw failure('OperationError', 'Invalid key length');
}

function generatePair(algorithm: Algorithm, extractable: boolean, usages: Usage[]): object {
  const kind = KINDS[algorithm.name]!;
  if (kind.family === 'ec' && !CURVES.includes(algorithm.namedCurve))
    throw failure('NotSupportedError', 'Unrecognized namedCurve');
  const type = kind.family === 'okp' ? algorithm.name.toLowerCase() : kind.family;
  const exponent =
    algorithm.publicExponent === undefined
      ? 65_537
      : parseInt(source(algorithm.publicExponent, 'algorithm.publicExponent').toHex(), 16);
  const options = {
    namedCurve: algorithm.namedCurve,
    modulusLength: algorithm.modulusLength,
    publicExponent: exponent,
  };
  const pair = generateKeyPairSync(type, options) as { publicKey: KeyObject; privateKey: KeyObject };
  const own = asymmetricAlgorithm(algorithm, pair.publicKey);
  const of = (allowed: Usage[]): Usage[] => usages.filter((usage) => allowed.includes(usage));
  return {
    publicKey: makeCryptoKey(pair.publicKey, own, true, of(kind.public!)),
    privateKey: makeCryptoKey(pair.privateKey, own, extractable, of(kind.private!)),
  };
}

export function generated(algorithm: Algorithm, extractable: boolean, usages: Usage[]): object {
  const kind = KINDS[algorithm.name]!;
  if (kind.family === 'kdf' || kind.family === 'hash')
    throw failure('NotSupportedError', 'Unrecognized algorithm name');
  checkUsages(usages, kind.secret ?? [...kind.private!, ...kind.public!], `a ${algorithm.name} key`);
  const isUseless = !usages.some((usage) => (kind.secret ?? kind.private!).includes(usage));
  if (isUseless) throw failure('SyntaxError', 'Usages cannot be empty when creating a key.');
  if (!kind.secret) return generatePair(algorithm, extractable, usages);
  const bytes = base.randomBytes(Math.ceil(secretBits(algorithm) / 8));
  return makeCryptoKey(createSecretKey(bytes), secretAlgorithm(algorithm, bytes), extractable, usages);
}
