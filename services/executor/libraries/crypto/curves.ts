/** The curves that are there, by OpenSSL's names, with the names that the host takes. */
import { errorOf } from './host.ts';

const CURVES: Record<string, string> = {
  prime256v1: 'P-256',
  secp256r1: 'P-256',
  'P-256': 'P-256',
  secp384r1: 'P-384',
  'P-384': 'P-384',
  secp521r1: 'P-521',
  'P-521': 'P-521',
  secp256k1: 'secp256k1',
};

export function curveGiven(name: unknown): string {
  const curve = CURVES[String(name)];
  if (curve) return curve;
  throw errorOf('ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
}

export const getCurves = (): string[] => ['prime256v1', 'secp256k1', 'secp384r1', 'secp521r1'];
