/** Key objects. Secret keys are bytes; asymmetric ones are held in DER, as PKCS#8 or SPKI, and never leave the guest. */
import { internals } from '../internals.ts';
import {
  bytesGiven,
  BYTES,
  type Bytes,
  invalidType,
  invalidValue,
  objectGiven,
  sameBytes,
  SECRET,
} from './arguments.ts';
import { call, packed } from './host.ts';

const { bufferOf, codedError, define, encodeText, fromBase64, toBase64, decodeText } = internals;

type Side = 'secret' | 'public' | 'private';

/** What names a key to the host, in any form that it reads. */
export interface KeyArgs {
  key_base64: string;
  passphrase_base64?: string;
}

interface Description extends KeyArgs {
  type: string;
  details: { modulusLength?: number; publicExponent?: string; namedCurve?: string };
}

const held = new WeakMap<object, Bytes | Description>();
/** Whoever makes one knows it; authors cannot. */
const TOKEN = Symbol('KeyObject');

export class KeyObject {
  readonly #type: Side;

  constructor(token: symbol, type: Side, content: Bytes | Description) {
    if (token !== TOKEN) throw invalidValue('type', token);
    this.#type = type;
    held.set(this, content);
  }

  get type(): Side {
    return this.#type;
  }

  static from(key: unknown): KeyObject {
    const object = keyObjectOf(key);
    if (object && object !== key) return object;
    throw invalidType('key', ['CryptoKey'], key);
  }

  equals(other: unknown): boolean {
    if (!(other instanceof KeyObject)) throw invalidType('otherKeyObject', ['KeyObject'], other);
    return this.type === other.type && sameBytes(contentOf(this), contentOf(other));
  }
}
define(KeyObject.prototype, { [Symbol.toStringTag]: 'KeyObject' });

export class SecretKeyObject extends KeyObject {
  get symmetricKeySize(): number {
    return secretOf(this).length;
  }

  export(options?: unknown): any {
    if (options === undefined) return bufferOf(secretOf(this).slice());
    const { format } = objectGiven(options, 'options');
    if (format === 'jwk') return { kty: 'oct', k: decodeText(secretOf(this), 'base64url') };
    if (format !== undefined && format !== 'buffer') throw invalidValue('options.format', format);
    return bufferOf(secretOf(this).slice());
  }
}

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyType(): string {
    return described(this).type;
  }

  get asymmetricKeyDetails(): object {
    const { publicExponent, ...details } = described(this).details;
    return publicExponent ? { ...details, publicExponent: BigInt(publicExponent) } : details;
  }
}

export class PublicKeyObject extends AsymmetricKeyObject {
  export(options: unknown): any {
    return exported('write_public_key', this, options, ['spki', 'pkcs1']);
  }
}

export class PrivateKeyObject extends AsymmetricKeyObject {
  export(options: unknown): any {
    return exported('write_private_key', this, options, ['pkcs8', 'pkcs1', 'sec1']);
  }
}

function exported(name: string, key: KeyObject, options: unknown, types: string[]): any {
  const { format, type, passphrase, cipher } = objectGiven(options, 'options');
  const { key_base64 } = described(key);
  if (format === 'jwk') return call(name, { key_base64, format });
  if (format !== 'pem' && format !== 'der') throw invalidValue('options.format', format);
  if (!types.includes(type)) throw invalidValue('options.type', type);
  const secret = cipher === undefined ? {} : packed({ passphrase: bytesGiven(passphrase, 'options.passphrase') });
  const bytes = fromBase64(call(name, { key_base64, format, type, ...secret }) as string);
  return format === 'pem' ? decodeText(bytes, 'utf8') : bufferOf(bytes);
}

const described = (key: KeyObject): Description => held.get(key) as Description;
const secretOf = (key: KeyObject): Bytes => held.get(key) as Bytes;
const contentOf = (key: KeyObject): Bytes =>
  key.type === 'secret' ? secretOf(key) : fromBase64(described(key).key_base64);

/** The key object of a CryptoKey, or the object itself; undefined for anything else. */
export function keyObjectOf(value: unknown): KeyObject | undefined {
  if (value instanceof KeyObject) return value;
  return typeof value === 'object' && value !== null ? cryptoKeys.get(value) : undefined;
}

const cryptoKeys = new WeakMap<object, KeyObject>();
/** Remembers which key a CryptoKey stands for. */
export function standFor(cryptoKey: object, key: KeyObject): void {
  cryptoKeys.set(cryptoKey, key);
}

/** The bytes of a secret key, in whichever form it is given. */
export function secretBytes(value: unknown, name: string, encoding?: unknown): Bytes {
  const key = keyObjectOf(value);
  if (!key) return bytesGiven(value, name, SECRET, encoding);
  if (key.type !== 'secret') throw wrongSide(key, 'secret');
  return secretOf(key);
}

function wrongSide(key: KeyObject, expected: string): Error {
  return codedError(
    TypeError,
    'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE',
    `Invalid key object type ${key.type}, expected ${expected}.`,
  );
}

const JWK_FIELDS: Record<string, string[]> = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] };

function jwkBytes(jwk: Record<string, unknown>, side: Side): Bytes {
  const fields = JWK_FIELDS[jwk.kty as string];
  if (!fields) throw invalidValue('key.kty', jwk.kty, "must be one of: 'RSA', 'EC', 'OKP'");
  for (const field of side === 'private' ? [...fields, 'd'] : fields) {
    if (typeof jwk[field] !== 'string') throw invalidType(`key.${field}`, 'string', jwk[field]);
  }
  const own = ['kty', 'crv', 'n', 'e', 'x', 'y', ...(side === 'private' ? ['d', 'p', 'q', 'dp', 'dq', 'qi'] : [])];
  return encodeText(JSON.stringify(Object.fromEntries(own.map((name) => [name, jwk[name]]))));
}

function ofObject(value: Record<string, any>, side: 'public' | 'private'): KeyArgs {
  const { key, format, passphrase, encoding } = value;
  if (format === 'jwk') return { key_base64: toBase64(jwkBytes(objectGiven(key, 'key.key'), side) as Uint8Array) };
  const object = keyObjectOf(key);
  if (object) return ofKeyObject(object, side);
  const args = packed({ key: bytesGiven(key, 'key.key', BYTES, encoding) }) as unknown as KeyArgs;
  if (passphrase === undefined || passphrase === null) return args;
  return { ...args, ...packed({ passphrase: bytesGiven(passphrase, 'key.passphrase', BYTES, encoding) }) };
}

function ofKeyObject(key: KeyObject, side: 'public' | 'private'): KeyArgs {
  if (key.type === 'secret' || (side === 'private' && key.type !== 'private')) {
    throw wrongSide(key, side === 'private' ? 'private' : 'private or public');
  }
  return { key_base64: described(key).key_base64 };
}

/** What names a key to the host, from all that Node takes for one. */
export function keyArgs(value: unknown, side: 'public' | 'private'): KeyArgs {
  const object = keyObjectOf(value);
  if (object) return ofKeyObject(object, side);
  const isPlain = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  if (isPlain && !(value instanceof ArrayBuffer)) return ofObject(value as Record<string, any>, side);
  return packed({ key: bytesGiven(value, 'key') }) as unknown as KeyArgs;
}

export function createSecretKey(key: unknown, encoding?: unknown): SecretKeyObject {
  return new SecretKeyObject(TOKEN, 'secret', bytesGiven(key, 'key', SECRET, encoding).slice());
}

export function createPrivateKey(key: unknown): PrivateKeyObject {
  if (keyObjectOf(key)) throw invalidType('key', BYTES, key);
  return new PrivateKeyObject(TOKEN, 'private', call('read_private_key', keyArgs(key, 'private')));
}

export function createPublicKey(key: unknown): PublicKeyObject {
  const object = keyObjectOf(key);
  if (object && object.type !== 'private') throw wrongSide(object, 'private');
  return new PublicKeyObject(TOKEN, 'public', call('read_public_key', keyArgs(key, 'public')));
}

/** A key object of what the host has made. */
export function privateKeyOf(key_base64: string): PrivateKeyObject {
  return new PrivateKeyObject(TOKEN, 'private', call('read_private_key', { key_base64 }));
}
