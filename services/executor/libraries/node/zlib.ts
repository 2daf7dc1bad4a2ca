/** `zlib`: the host compresses, whole bodies at a time; the streams collect theirs and give the result at their end. */
import { Buffer } from './buffer.ts';
import { codedError, internals } from './internals.ts';
import process from './process.ts';
import Stream from './stream.ts';
import { codes, constants, zlibConstants } from './zlib-constants.ts';
import { bytesOf, callOf, isDecompression, type Call, type Format, type HostArgs, type Options } from './zlib-options.ts';

type Done = (error: unknown, result?: Uint8Array) => unknown;

const { checks, define, hostCall } = internals;
const nextTick = process.nextTick as (callback: (...args: any[]) => unknown, ...args: unknown[]) => void;
const PIECE_BYTES = 16_384;

const tooLarge = (text: string) => codedError(RangeError as never, 'ERR_BUFFER_TOO_LARGE', text);

/** The host's refusals begin with Node's code. */
function failure(error: Error): Error {
  const [, code, text] = /^([A-Z]\w+_\w+) ([^]*)$/.exec(error.message) ?? [];
  if (!code) return error;
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(text!);
  const result = codedError(Error, code, text!);
  return code in codes ? Object.assign(result, { errno: codes[code] }) : result;
}

function ask(args: HostArgs): any {
  try {
    return Buffer.from(hostCall(isDecompression(args.format) ? 'decompress' : 'compress', args), 'base64');
  } catch (error) {
    throw failure(error as Error);
  }
}

function convert({ args, maxBytes }: Call, data: Uint8Array): any {
  const result = ask({ ...args, data_base64: data.toBase64() });
  if (result.length <= maxBytes) return result;
  throw tooLarge(`Cannot create a Buffer larger than ${maxBytes} bytes`);
}

const sync =
  (format: Format) =>
  (data: unknown, options: Options = {}): Uint8Array =>
    convert(callOf(format, options), bytesOf(data));

const withCallback =
  (format: Format) =>
  (data: unknown, options: Options | Done, callback?: Done): void => {
    const [given, done] = typeof options === 'function' ? [{}, options as Done] : [options ?? {}, callback];
    if (typeof done !== 'function') throw checks.invalidType('callback', 'Function', done);
    const [call, bytes] = [callOf(format, given), bytesOf(data).slice()];
    nextTick(() => {
      let result: Uint8Array;
      try {
        result = convert(call, bytes);
      } catch (error) {
        return done(error);
      }
      return done(null, result);
    });
  };

/** What all streams share: nothing comes out before all is in. */
class ZlibStream extends Stream.Transform {
  bytesWritten = 0;
  #call: Call;
  #chunks: Uint8Array[] = [];

  constructor(format: Format, options: Options = {}) {
    super(options);
    this.#call = callOf(format, options);
  }

  override _transform(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    this.bytesWritten += chunk.length;
    done();
  }

  override _flush(done: (error?: unknown) => void): void {
    try {
      if (this.#chunks.length > 0 || this.#call.args.format !== 'unzip') this.#give();
    } catch (error) {
      return done(error);
    }
    done();
  }

  #give(): void {
    const result = convert(this.#call, Buffer.concat(this.#chunks));
    for (let at = 0; at < result.length; at += PIECE_BYTES) this.push(result.subarray(at, at + PIECE_BYTES));
  }

  /** Nothing can be given before the end: the callback comes at once. */
  flush(kind?: unknown, done?: unknown): void {
    const callback = typeof kind === 'function' ? kind : done;
    if (typeof callback === 'function') nextTick(callback as Done);
  }

  params(level: number, strategy: number, done?: (error: unknown) => void): void {
    this.#call = { ...this.#call, args: { ...this.#call.args, level: callOf('gzip', { level, strategy }).args.level } };
    if (done) nextTick(done, null);
  }

  reset(): void {
    this.#chunks = [];
  }

  close(done?: () => void): void {
    if (done) this.once('close', done);
    this.destroy();
  }
}

const FORMATS: [name: string, method: string, format: Format][] = [
  ['Gzip', 'gzip', 'gzip'],
  ['Gunzip', 'gunzip', 'gunzip'],
  ['Deflate', 'deflate', 'deflate'],
  ['Inflate', 'inflate', 'inflate'],
  ['DeflateRaw', 'deflateRaw', 'deflateRaw'],
  ['InflateRaw', 'inflateRaw', 'inflateRaw'],
  ['Unzip', 'unzip', 'unzip'],
  ['BrotliCompress', 'brotliCompress', 'brotli'],
  ['BrotliDecompress', 'brotliDecompress', 'unbrotli'],
];

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(data: unknown, start = 0): number {
  let value = ~start;
  for (const byte of bytesOf(data)) value = TABLE[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** A stream's class, which packages also call without `new`. */
function classOf(name: string, format: Format): any {
  const Class = class extends ZlibStream {
    constructor(options?: Options) {
      super(format, options);
    }
  };
  function type(options?: Options): unknown {
    return Reflect.construct(Class, [options], new.target ?? type);
  }
  type.prototype = Class.prototype;
  define(type.prototype, { constructor: type });
  define(type, { name });
  return type;
}

const zlib: Record<string, any> = { ...zlibConstants, constants, codes, crc32 };
for (const [name, method, format] of FORMATS) {
  const type = classOf(name, format);
  Object.assign(zlib, {
    [name]: type,
    [method]: withCallback(format),
    [`${method}Sync`]: sync(format),
    [`create${name}`]: (options?: Options) => type(options),
  });
}

export default zlib;
