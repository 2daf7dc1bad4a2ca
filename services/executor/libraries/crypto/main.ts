/** All of Node's `crypto` beyond what the prelude has: it is loaded where code names one of its functions. */
import { createECDH, diffieHellman, ECDH, unavailable } from './agreement.ts';
import { crypto } from './base.ts';
import {
  Cipheriv,
  createCipher,
  createCipheriv,
  createDecipher,
  createDecipheriv,
  Decipheriv,
  getCipherInfo,
  getCiphers,
} from './ciphers.ts';
import { constants } from './constants.ts';
import { CryptoKey } from './crypto-key.ts';
import { getCurves } from './curves.ts';
import { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from './derivation.ts';
import { privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt } from './encryption.ts';
import { generateKey, generateKeyPair, generateKeyPairSync, generateKeySync } from './generation.ts';
import { createHmac } from './hashes.ts';
import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from './keys.ts';
import { createSign, createVerify, Sign, sign, Verify, verify } from './signatures.ts';
import { internals } from '../internals.ts';
import { SubtleCrypto, subtle } from './subtle.ts';
import { webcrypto } from './webcrypto.ts';

Object.assign(crypto, {
  ...{ createCipher, createCipheriv, createDecipher, createDecipheriv, getCipherInfo, getCiphers, getCurves },
  ...{ createPrivateKey, createPublicKey, createSecretKey, KeyObject, constants },
  ...{ createSign, createVerify, sign, verify, Sign, Verify, Cipheriv, Decipheriv, createHmac },
  ...{ hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync },
  ...{ privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt },
  ...{ generateKey, generateKeyPair, generateKeyPairSync, generateKeySync },
  ...{ createECDH, diffieHellman, ECDH, subtle, webcrypto },
  createDiffieHellman: unavailable('createDiffieHellman'),
  createDiffieHellmanGroup: unavailable('createDiffieHellmanGroup'),
  getDiffieHellman: unavailable('getDiffieHellman'),
});
internals.define(globalThis, { CryptoKey, SubtleCrypto });
