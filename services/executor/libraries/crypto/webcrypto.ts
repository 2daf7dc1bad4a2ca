/** `crypto.webcrypto`: what browsers have. */
import { internals } from '../internals.ts';
import { base } from './base.ts';
import { subtle } from './subtle.ts';

class Crypto {
  constructor() {
    throw new TypeError('Illegal constructor');
  }
}
internals.define(Crypto.prototype, {
  subtle,
  getRandomValues: base.getRandomValues,
  randomUUID: base.randomUUID,
  [Symbol.toStringTag]: 'Crypto',
});

export const webcrypto = Object.create(Crypto.prototype) as Crypto;
