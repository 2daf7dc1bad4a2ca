/** What the runtime has of Node's. */
type BufferEncoding = 'utf8' | 'utf-8' | 'hex' | 'base64' | 'base64url' | 'latin1' | 'binary' | 'ascii' | 'ucs2' | 'ucs-2' | 'utf16le' | 'utf-16le';

type Bytes = string | ArrayBuffer | ArrayBufferView;

interface BufferConstructor {
  (data: string | readonly number[] | ArrayBuffer | Uint8Array | number, encoding?: BufferEncoding): Buffer;
  new (data: string | readonly number[] | ArrayBuffer | Uint8Array | number, encoding?: BufferEncoding): Buffer;
  readonly prototype: Buffer;
  from(text: string, encoding?: BufferEncoding): Buffer;
  from(data: ArrayBuffer | SharedArrayBuffer, offset?: number, length?: number): Buffer;
  from(data: Iterable<number> | ArrayLike<number> | { valueOf(): string | object }): Buffer;
  alloc(size: number, fill?: string | number | Uint8Array, encoding?: BufferEncoding): Buffer;
  allocUnsafe(size: number): Buffer;
  allocUnsafeSlow(size: number): Buffer;
  byteLength(data: Bytes, encoding?: BufferEncoding): number;
  compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1;
  concat(list: readonly Uint8Array[], length?: number): Buffer;
  isBuffer(value: unknown): value is Buffer;
  isEncoding(name: string): name is BufferEncoding;
  poolSize: number;
}
declare const Buffer: BufferConstructor;

interface Buffer extends Uint8Array<ArrayBuffer> {
  compare(other: Uint8Array, ...range: number[]): -1 | 0 | 1;
  copy(target: Uint8Array, targetStart?: number, start?: number, end?: number): number;
  equals(other: Uint8Array): boolean;
  fill(value: any, offset?: number, end?: number, encoding?: BufferEncoding): this;
  includes(value: any, from?: number, encoding?: BufferEncoding): boolean;
  indexOf(value: any, from?: number, encoding?: BufferEncoding): number;
  lastIndexOf(value: any, from?: number, encoding?: BufferEncoding): number;
  slice(start?: number, end?: number): Buffer;
  subarray(start?: number, end?: number): Buffer;
  swap16(): this;
  swap32(): this;
  swap64(): this;
  toJSON(): { type: 'Buffer'; data: number[] };
  toString(encoding?: BufferEncoding, start?: number, end?: number): string;
  write(text: string, ...where: (number | BufferEncoding)[]): number;
  readUInt8(offset?: number): number;
  readInt8(offset?: number): number;
  readUInt16LE(offset?: number): number;
  readUInt16BE(offset?: number): number;
  readInt16LE(offset?: number): number;
  readInt16BE(offset?: number): number;
  readUInt32LE(offset?: number): number;
  readUInt32BE(offset?: number): number;
  readInt32LE(offset?: number): number;
  readInt32BE(offset?: number): number;
  readUIntLE(offset: number, byteLength: number): number;
  readUIntBE(offset: number, byteLength: number): number;
  readIntLE(offset: number, byteLength: number): number;
  readIntBE(offset: number, byteLength: number): number;
  readBigInt64LE(offset?: number): bigint;
  readBigInt64BE(offset?: number): bigint;
  readBigUInt64LE(offset?: number): bigint;
  readBigUInt64BE(offset?: number): bigint;
  readFloatLE(offset?: number): number;
  readFloatBE(offset?: number): number;
  readDoubleLE(offset?: number): number;
  readDoubleBE(offset?: number): number;
  writeUInt8(value: number, offset?: number): number;
  writeInt8(value: number, offset?: number): number;
  writeUInt16LE(value: number, offset?: number): number;
  writeUInt16BE(value: number, offset?: number): number;
  writeInt16LE(value: number, offset?: number): number;
  writeInt16BE(value: number, offset?: number): number;
  writeUInt32LE(value: number, offset?: number): number;
  writeUInt32BE(value: number, offset?: number): number;
  writeInt32LE(value: number, offset?: number): number;
  writeInt32BE(value: number, offset?: number): number;
  writeUIntLE(value: number, offset: number, byteLength: number): number;
  writeUIntBE(value: number, offset: number, byteLength: number): number;
  writeIntLE(value: number, offset: number, byteLength: number): number;
  writeIntBE(value: number, offset: number, byteLength: number): number;
  writeBigInt64LE(value: bigint, offset?: number): number;
  writeBigInt64BE(value: bigint, offset?: number): number;
  writeBigUInt64LE(value: bigint, offset?: number): number;
  writeBigUInt64BE(value: bigint, offset?: number): number;
  writeFloatLE(value: number, offset?: number): number;
  writeFloatBE(value: number, offset?: number): number;
  writeDoubleLE(value: number, offset?: number): number;
  writeDoubleBE(value: number, offset?: number): number;
}

type DigestEncoding = 'hex' | 'base64' | 'base64url' | 'latin1' | 'binary';

interface Hash {
  update(data: Bytes, encoding?: BufferEncoding): this;
  digest(): Buffer;
  digest(encoding: DigestEncoding): string;
  copy(): Hash;
}
interface Hmac {
  update(data: Bytes, encoding?: BufferEncoding): this;
  digest(): Buffer;
  digest(encoding: DigestEncoding): string;
}
interface Cipher {
  update(data: Bytes, input?: BufferEncoding): Buffer;
  update(data: Bytes, input: BufferEncoding | undefined, output: BufferEncoding): string;
  final(): Buffer;
  final(output: BufferEncoding): string;
  setAAD(data: ArrayBufferView, options?: object): this;
  setAuthTag(tag: ArrayBufferView): this;
  getAuthTag(): Buffer;
  setAutoPadding(auto?: boolean): this;
}
interface Signer {
  update(data: Bytes, encoding?: BufferEncoding): this;
  sign(key: any): Buffer;
  sign(key: any, output: BufferEncoding): string;
}
interface Verifier {
  update(data: Bytes, encoding?: BufferEncoding): this;
  verify(key: any, signature: Bytes, encoding?: BufferEncoding): boolean;
}
/** Keys of `crypto`, as PEM, DER, JWK or key object. */
type KeyLike = string | ArrayBufferView | object;

declare const crypto: {
  createHash(algorithm: string, options?: object): Hash;
  createHmac(algorithm: string, key: KeyLike): Hmac;
  createCipheriv(algorithm: string, key: KeyLike, iv: Bytes | null, options?: object): Cipher;
  createDecipheriv(algorithm: string, key: KeyLike, iv: Bytes | null, options?: object): Cipher;
  createSign(algorithm: string): Signer;
  createVerify(algorithm: string): Verifier;
  sign(algorithm: string | null | undefined, data: Bytes, key: KeyLike): Buffer;
  verify(algorithm: string | null | undefined, data: Bytes, key: KeyLike, signature: ArrayBufferView): boolean;
  createPrivateKey(key: KeyLike): any;
  createPublicKey(key: KeyLike): any;
  createSecretKey(key: Bytes, encoding?: BufferEncoding): any;
  pbkdf2Sync(password: Bytes, salt: Bytes, iterations: number, keyLength: number, digest: string): Buffer;
  scryptSync(password: Bytes, salt: Bytes, keyLength: number, options?: object): Buffer;
  randomBytes(size: number): Buffer;
  randomBytes(size: number, done: (error: Error | null, bytes: Buffer) => void): void;
  randomInt(max: number): number;
  randomInt(min: number, max: number): number;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
  getRandomValues<T extends ArrayBufferView>(into: T): T;
  timingSafeEqual(a: ArrayBufferView | ArrayBuffer, b: ArrayBufferView | ArrayBuffer): boolean;
  getHashes(): string[];
  readonly subtle: any;
  [name: string]: any;
};
declare const CryptoKey: any;
declare const SubtleCrypto: any;
