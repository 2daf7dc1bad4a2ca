/**
 * `createCipheriv` and `createDecipheriv`: AES in CBC, CTR, ECB and GCM. Each `update` gives what Node's gives.
 *
 * The host takes a part of a message at a time and keeps nothing; where a message stands is known here.
 */
import { internals } from '../internals.ts';
import { bytesGiven, type Bytes, DATA, joined, objectGiven, sameBytes, textGiven } from './arguments.ts';
import { PieceDecoder } from './decoder.ts';
import { bytesFrom, errorOf, packed } from './host.ts';
import { secretBytes } from './keys.ts';

const { bufferOf, codedError, encodingOf } = internals;

const BLOCK = 16;
const TAG_BYTES = 16;
const TAG_LENGTHS = [4, 8, 12, 13, 14, 15, 16];
const EMPTY: Bytes = new Uint8Array(0);
const NAME = /^(?:aes-(128|192|256)-(cbc|ctr|ecb|gcm)|aes(128|192|256)|id-aes(128|192|256)-(gcm))$/i;

// OpenSSL takes even a single byte for GCM; less than eight are no good.
const IV_BYTES: Record<Mode, readonly [number, number]> = { cbc: [16, 16], ctr: [16, 16], ecb: [0, 0], gcm: [8, 128] };

type Mode = 'cbc' | 'ctr' | 'ecb' | 'gcm';

interface Kind {
  mode: Mode;
  keyBytes: number;
}

function kindNamed(name: string): Kind | undefined {
  const parts = NAME.exec(name);
  if (!parts) return undefined;
  const mode = (parts[2] ?? parts[5] ?? 'cbc').toLowerCase() as Mode;
  return { mode, keyBytes: Number(parts[1] ?? parts[3] ?? parts[4]) / 8 };
}

export function getCiphers(): string[] {
  const modes = ['cbc', 'ctr', 'ecb', 'gcm'];
  const named = [128, 192, 256].flatMap((bits) => modes.map((mode) => `aes-${bits}-${mode}`));
  return [...named, 'aes128', 'aes192', 'aes256', 'id-aes128-GCM', 'id-aes192-GCM', 'id-aes256-GCM'];
}

const NIDS: Record<string, number> = { cbc: 419, ctr: 904, ecb: 418, gcm: 895 };

export function getCipherInfo(name: unknown): object | undefined {
  const kind = kindNamed(String(name));
  if (!kind) return undefined;
  const { mode, keyBytes } = kind;
  const step = keyBytes / 8 - 2;
  const nid = NIDS[mode]! + step * (mode === 'ctr' ? 1 : mode === 'gcm' ? 3 : 4);
  const full = mode === 'gcm' ? `id-aes${keyBytes * 8}-gcm` : `aes-${keyBytes * 8}-${mode}`;
  const blockSize = mode === 'ctr' || mode === 'gcm' ? 1 : BLOCK;
  const ivLength = mode === 'gcm' ? 12 : BLOCK;
  const sizes = mode === 'ecb' ? { blockSize } : { blockSize, ivLength };
  return { mode, name: full, nid, ...sizes, keyLength: keyBytes };
}

function ivGiven(iv: unknown, mode: Mode): Bytes {
  const bytes = iv === null ? EMPTY : bytesGiven(iv, 'iv');
  const [least, most] = IV_BYTES[mode];
  const fits = bytes.length >= least && bytes.length <= most;
  if (!fits) throw errorOf('ERR_CRYPTO_INVALID_IV', 'Invalid initialization vector');
  return bytes.slice();
}

function tagLengthGiven(length: unknown): number | undefined {
  if (length === undefined || length === null) return undefined;
  if (TAG_LENGTHS.includes(length as number)) return length as number;
  throw invalidTag(length);
}

function invalidTag(length: unknown): Error {
  return codedError(TypeError, 'ERR_CRYPTO_INVALID_AUTH_TAG', `Invalid authentication tag length: ${String(length)}`);
}

function invalidState(operation?: string): Error {
  const message = operation ? `Invalid state for operation ${operation}` : 'Invalid state';
  return codedError(Error, 'ERR_CRYPTO_INVALID_STATE', message);
}

const wrongLength = (): Error =>
  errorOf('ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH', 'error:1C80006B:Provider routines::wrong final block length');
const badDecrypt = (): Error => errorOf('ERR_OSSL_BAD_DECRYPT', 'error:1C800064:Provider routines::bad decrypt');

/** What both directions share. */
class AesCipher {
  protected readonly mode: Mode;
  protected readonly decrypts: boolean;
  protected readonly tagLength: number | undefined;
  protected done = false;
  readonly #key: Bytes;
  #iv: Bytes;
  #pads = true;
  #waiting: Bytes = EMPTY;
  #aad: Bytes[] = [];
  #offset = 0;
  #plain: Bytes[] = [];
  #tag: Bytes | undefined;
  #decoder: PieceDecoder | undefined;

  constructor(decrypts: boolean, name: unknown, key: unknown, iv: unknown, options?: { authTagLength?: unknown }) {
    const kind = kindNamed(textGiven(name, 'cipher'));
    const secret = secretBytes(key, 'key');
    if (iv !== null) bytesGiven(iv, 'iv');
    if (!kind) throw codedError(Error, 'ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
    this.#iv = ivGiven(iv, kind.mode);
    if (secret.length !== kind.keyBytes) throw errorOf('ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length');
    this.mode = kind.mode;
    this.decrypts = decrypts;
    this.#key = secret.slice();
    this.tagLength = kind.mode === 'gcm' ? tagLengthGiven(options?.authTagLength) : undefined;
  }

  update(data: unknown, inputEncoding?: unknown, outputEncoding?: unknown): any {
    if (typeof data === 'string' && encodingOf(inputEncoding) === 'hex' && data.length % 2 === 1) {
      const message = `The argument 'encoding' is invalid for data of length ${data.length}. Received '${String(inputEncoding)}'`;
      throw codedError(TypeError, 'ERR_INVALID_ARG_VALUE', message);
    }
    const bytes = bytesGiven(data, 'data', DATA, inputEncoding);
    if (this.done) throw new Error('Trying to add data in unsupported state');
    return this.#given(this.#next(bytes), outputEncoding, false);
  }

  final(outputEncoding?: unknown): any {
    if (this.done) throw invalidState();
    this.done = true;
    return this.#given(this.#last(), outputEncoding, true);
  }

  setAutoPadding(pads: unknown = true): this {
    if (this.done) throw invalidState('setAutoPadding');
    this.#pads = Boolean(pads);
    return this;
  }

  setAAD(data: unknown, options?: { encoding?: unknown }): this {
    const bytes = bytesGiven(data, 'buffer', undefined, options?.encoding);
    if (this.mode !== 'gcm' || this.done || this.#offset > 0) throw invalidState('setAAD');
    this.#aad.push(bytes.slice());
    this.#tag = undefined;
    return this;
  }

  /** The tag of the whole message. */
  protected wholeTag(): Bytes {
    this.#tag ??= this.#sealed(joined(this.#plain), 0, false).subarray(-TAG_BYTES);
    return this.#tag;
  }

  #given(bytes: Bytes, encoding: unknown, last: boolean): any {
    if (!encoding || encoding === 'buffer') return bufferOf(bytes);
    this.#decoder ??= new PieceDecoder(encoding);
    return this.#decoder.write(bytes, last);
  }

  #next(bytes: Bytes): Bytes {
    if (this.mode === 'gcm') return this.#nextOfGcm(bytes);
    if (this.mode === 'ctr') return this.#counted(bytes);
    const all = this.#waiting.length > 0 ? joined([this.#waiting, bytes]) : bytes;
    // The last block of what is decrypted may be padding.
    const held = this.decrypts && this.#pads && all.length > 0 && all.length % BLOCK === 0 ? BLOCK : all.length % BLOCK;
    const end = all.length - held;
    this.#waiting = all.slice(end);
    return this.#blocks(all.subarray(0, end));
  }

  #last(): Bytes {
    if (this.mode === 'gcm' || this.mode === 'ctr') return EMPTY;
    if (!this.#pads) {
      if (this.#waiting.length > 0) throw wrongLength();
      return EMPTY;
    }
    return this.decrypts ? this.#unpadded() : this.#blocks(padded(this.#waiting));
  }

  #unpadded(): Bytes {
    if (this.#waiting.length !== BLOCK) throw wrongLength();
    const block = this.#blocks(this.#waiting);
    const count = block[BLOCK - 1]!;
    if (count < 1 || count > BLOCK || !block.subarray(-count).every((byte) => byte === count)) throw badDecrypt();
    return block.subarray(0, BLOCK - count);
  }

  #blocks(data: Bytes): Bytes {
    if (data.length === 0) return EMPTY;
    const result = this.#host({ data, iv: this.#iv }, {});
    if (this.mode === 'cbc') this.#iv = (this.decrypts ? data : result).slice(-BLOCK);
    return result;
  }

  #counted(data: Bytes): Bytes {
    if (data.length === 0) return EMPTY;
    const result = this.#host({ data, iv: this.#iv }, { offset: this.#offset });
    this.#offset += data.length;
    return result;
  }

  #nextOfGcm(data: Bytes): Bytes {
    if (data.length === 0) return EMPTY;
    const isFirst = this.#offset === 0;
    const result = this.#sealed(data, this.#offset, this.decrypts);
    const part = isFirst ? result.subarray(0, -TAG_BYTES) : result;
    this.#tag = isFirst ? result.subarray(-TAG_BYTES) : undefined;
    this.#offset += data.length;
    this.#plain.push((this.decrypts ? part : data).slice());
    return part;
  }

  #sealed(data: Bytes, offset: number, decrypt: boolean): Bytes {
    const aad = this.#aad.length > 0 ? joined(this.#aad) : EMPTY;
    return this.#host({ data, iv: this.#iv, aad: offset === 0 ? aad : EMPTY }, { offset, decrypt });
  }

  #host(parts: Record<string, Bytes>, more: object): Bytes {
    const args = { mode: this.mode, decrypt: this.decrypts, ...packed({ key: this.#key, ...parts }), ...more };
    return bytesFrom('aes', args);
  }
}

function padded(data: Bytes): Bytes {
  const count = BLOCK - (data.length % BLOCK);
  const block = new Uint8Array(data.length + count).fill(count);
  block.set(data);
  return block;
}

export class Cipheriv extends AesCipher {
  constructor(name: unknown, key: unknown, iv: unknown, options?: object) {
    super(false, name, key, iv, options);
  }

  getAuthTag(): Uint8Array {
    if (this.mode !== 'gcm' || !this.done) throw invalidState('getAuthTag');
    return bufferOf(this.wholeTag().slice(0, this.tagLength ?? TAG_BYTES))!;
  }
}

export class Decipheriv extends AesCipher {
  #authTag: Bytes | undefined;

  constructor(name: unknown, key: unknown, iv: unknown, options?: object) {
    super(true, name, key, iv, options);
  }

  setAuthTag(tag: unknown, encoding?: unknown): this {
    const bytes = bytesGiven(tag, 'buffer', undefined, encoding);
    if (this.mode !== 'gcm' || this.done || this.#authTag) throw invalidState('setAuthTag');
    if (this.tagLength === undefined ? !TAG_LENGTHS.includes(bytes.length) : bytes.length !== this.tagLength) {
      throw invalidTag(bytes.length);
    }
    this.#authTag = bytes.slice();
    return this;
  }

  override final(outputEncoding?: unknown): any {
    const result = super.final(outputEncoding);
    const tag = this.#authTag;
    if (this.mode === 'gcm' && !(tag && sameBytes(tag, this.wholeTag().subarray(0, tag.length)))) {
      throw new Error('Unsupported state or unable to authenticate data');
    }
    return result;
  }
}

function optionsGiven(options: unknown): object | undefined {
  return options === undefined || options === null ? undefined : objectGiven(options, 'options');
}

export const createCipheriv = (name: unknown, key: unknown, iv: unknown, options?: unknown): Cipheriv =>
  new Cipheriv(name, key, iv, optionsGiven(options));
export const createDecipheriv = (name: unknown, key: unknown, iv: unknown, options?: unknown): Decipheriv =>
  new Decipheriv(name, key, iv, optionsGiven(options));

/** Node 20 has these still, and everybody should have left them: the key is made of a password by MD5. */
function outdated(name: string): () => never {
  return () => {
    throw codedError(Error, 'ERR_METHOD_NOT_IMPLEMENTED', `crypto.${name}() is not there: use ${name}iv()`);
  };
}

export const createCipher = outdated('createCipher');
export const createDecipher = outdated('createDecipher');
