/** HMACs whose key is a key object. */
import { base } from './base.ts';
import { keyObjectOf, secretBytes } from './keys.ts';

export function createHmac(name: unknown, key: unknown): unknown {
  return base.createHmac(name, keyObjectOf(key) ? secretBytes(key, 'key') : key);
}
