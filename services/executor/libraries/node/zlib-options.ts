/** The options of `zlib`: checked as Node checks them, and written for the host. */
import { Buffer } from './buffer.ts';
import { internals } from './internals.ts';
import { constants } from './zlib-constants.ts';

/** What the host can do; `unzip` is inflate or gunzip, as the data begins. */
export type Format = 'gzip' | 'deflate' | 'deflateRaw' | 'gunzip' | 'inflate' | 'inflateRaw' | 'unzip' | 'brotli' | 'unbrotli';

export type Options = Record<string, any>;

/** `hostCall('compress', …)` and `hostCall('decompress', …)`; the answer is the result in base64. */
export interface HostArgs {
  format: Format;
  /** At most 4 MiB once decoded, at most 8 MiB for what is to be decompressed. */
  data_base64: string;
  /** Of a compression; -1 for zlib's own choice. The host lowers it for large data. */
  level: number;
  window_bits: number;
  /** Of a decompression: whether an end that is missing is no error. */
  partial: boolean;
  /** At most 32 KiB once decoded; empty for none. */
  dictionary_base64: string;
}

export interface Call {
  args: Omit<HostArgs, 'data_base64'>;
  /** The most bytes that may come out. */
  maxBytes: number;
}

const { checks } = internals;
const DECOMPRESSIONS = new Set<Format>(['gunzip', 'inflate', 'inflateRaw', 'unzip', 'unbrotli']);

const LEAST_WINDOW_BITS: Partial<Record<Format, number>> = { gzip: 9, gunzip: 0, inflate: 0, unzip: 0 };

export const isDecompression = (format: Format): boolean => DECOMPRESSIONS.has(format);

function numberOf(options: Options, name: string, least: number, most: number, usual: number): number {
  const value = options[name];
  if (value === undefined || Number.isNaN(value)) return usual;
  if (typeof value !== 'number') throw checks.invalidType(`options.${name}`, 'number', value);
  if (value >= least && value <= most) return value;
  const range = most === Infinity ? `>= ${least}` : `>= ${least} and <= ${most}`;
  throw checks.outOfRange(`options.${name}`, range, value);
}

/** The bytes of data as callers may give it. Throws a TypeError for anything else. */
export function bytesOf(data: unknown): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  throw checks.invalidType('buffer', ['string', 'Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], data);
}

function brotliParameter(options: Options, name: string, usual: number): number {
  return Number(options.params?.[constants[`BROTLI_PARAM_${name}`]!] ?? usual);
}

/** Gives what the host is asked, but for the data. Throws Node's errors for bad options. */
export function callOf(format: Format, options: Options): Call {
  const isBrotli = format.endsWith('brotli');
  const finish = numberOf(options, 'finishFlush', 0, 5, constants.Z_FINISH!);
  numberOf(options, 'flush', 0, 5, 0);
  numberOf(options, 'chunkSize', 64, Infinity, 16_384);
  const windowBits = numberOf(options, 'windowBits', LEAST_WINDOW_BITS[format] ?? 8, 15, 15);
  // These two change how the same result is come by.
  numberOf(options, 'memLevel', 1, 9, 8);
  numberOf(options, 'strategy', 0, 4, 0);
  const dictionary = options.dictionary === undefined ? '' : bytesOf(options.dictionary).toBase64();
  const args = {
    format,
    level: isBrotli ? brotliParameter(options, 'QUALITY', 11) : numberOf(options, 'level', -1, 9, -1),
    window_bits: isBrotli ? brotliParameter(options, 'LGWIN', 22) : windowBits || 15,
    partial: finish !== constants.Z_FINISH && !isBrotli,
    dictionary_base64: dictionary,
  };
  return { args, maxBytes: numberOf(options, 'maxOutputLength', 1, 2 ** 53, Infinity) };
}
