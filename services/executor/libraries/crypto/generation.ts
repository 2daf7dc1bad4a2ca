/** New keys. The host draws them; an RSA key costs nearly half an event's fuel. */
import { internals } from '../internals.ts';
import { calledBack, invalidValue, objectGiven, textGiven, wholeGiven } from './arguments.ts';
import { base } from './base.ts';
import { curveGiven } from './curves.ts';
import { call } from './host.ts';
import { createPublicKey, createSecretKey, type KeyObject, privateKeyOf, type PublicKeyObject } from './keys.ts';

const { codedError } = internals;

const CURVE_TYPES = ['ed25519', 'ed448', 'x25519', 'x448'];

interface Pair {
  publicKey: unknown;
  privateKey: unknown;
}

function made(type: string, options: Record<string, any>): string {
  if (CURVE_TYPES.includes(type)) return call('make_key', { type });
  if (type === 'ec')
    return call('make_key', { type, curve: curveGiven(textGiven(options.namedCurve, 'options.namedCurve')) });
  if (type !== 'rsa') throw invalidValue('type', type, 'must be a supported key type');
  const bits = wholeGiven(options.modulusLength, 'options.modulusLength', 0, 2 ** 32 - 1);
  if ((options.publicExponent ?? 65_537) !== 65_537) {
    throw codedError(RangeError, 'ERR_OUT_OF_RANGE', 'RSA keys are made with the exponent 65537 alone');
  }
  return call('make_key', { type, bits });
}

const written = (key: KeyObject, encoding: unknown): unknown =>
  encoding === undefined ? key : (key as PublicKeyObject).export(encoding);

export function generateKeyPairSync(type: unknown, options?: unknown): Pair {
  const name = textGiven(type, 'type');
  const given = CURVE_TYPES.includes(name) && options === undefined ? {} : options;
  if (!CURVE_TYPES.includes(name) && name !== 'ec' && name !== 'rsa') made(name, {});
  const { publicKeyEncoding, privateKeyEncoding, ...rest } = objectGiven(given, 'options');
  const privateKey = privateKeyOf(made(name, rest));
  return {
    publicKey: written(createPublicKey(privateKey), publicKeyEncoding),
    privateKey: written(privateKey, privateKeyEncoding),
  };
}

export function generateKeyPair(type: unknown, options: unknown, callback?: unknown): void {
  if (typeof options === 'function') [options, callback] = [undefined, options];
  calledBack(callback, () => {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    return [publicKey, privateKey];
  });
}
// Promises of it settle with an object, as Node's `util.promisify` makes them.
Object.defineProperty(generateKeyPair, Symbol.for('nodejs.util.promisify.custom'), {
  value: async (type: unknown, options: unknown) => generateKeyPairSync(type, options),
});

export function generateKeySync(type: unknown, options: unknown): KeyObject {
  const { length } = objectGiven(options, 'options');
  if (type === 'aes') {
    if (![128, 192, 256].includes(length))
      throw invalidValue('options.length', length, 'must be one of: 128, 192, 256');
  } else if (type !== 'hmac') throw invalidValue('type', type, 'must be a supported key type');
  return createSecretKey(base.randomBytes(wholeGiven(length, 'options.length', 8) >> 3));
}

export function generateKey(type: unknown, options: unknown, callback: unknown): void {
  calledBack(callback, () => [generateKeySync(type, options)]);
}
