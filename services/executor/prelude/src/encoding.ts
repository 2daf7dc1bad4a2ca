/**
 * Text to bytes and back in the encodings of Node's `Buffer`, over the engine's natives; `atob` and `btoa`.
 *
 * Malformed input is cut or skipped as Node does, never refused.
 */
import { define } from './define.ts';
import { codedError } from './errors.ts';

export type Encoding = 'utf8' | 'hex' | 'base64' | 'base64url' | 'latin1' | 'ascii' | 'utf16le';

const ALIASES: Record<string, Encoding> = {
  utf8: 'utf8',
  'utf-8': 'utf8',
  hex: 'hex',
  base64: 'base64',
  base64url: 'base64url',
  latin1: 'latin1',
  binary: 'latin1',
  ascii: 'ascii',
  utf16le: 'utf16le',
  'utf-16le': 'utf16le',
  ucs2: 'utf16le',
  'ucs-2': 'utf16le',
};

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });
const nativeAtob = atob;
const nativeBtoa = btoa;
const { fromBase64: base64ToBytes, fromHex: hexToBytes } = Uint8Array;
const { toBase64: bytesToBase64, toHex: bytesToHex } = Uint8Array.prototype;
const { apply } = Reflect;

export const ENCODINGS = ['utf8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf16le'] as const;

/** The encoding that a name means; undefined for an unknown one. */
export function encodingOf(name: unknown): Encoding | undefined {
  return typeof name === 'string' ? ALIASES[name.toLowerCase()] : undefined;
}

/** The same for a name that must be known. Throws Node's error. */
export function encodingNamed(name: unknown): Encoding {
  const encoding = encodingOf(`${name as string}`);
  if (encoding === undefined) {
    throw codedError(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${name as string}`);
  }
  return encoding;
}

export function toBase64(bytes: Uint8Array): string {
  return apply(bytesToBase64, bytes, []);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return apply(base64ToBytes, Uint8Array, [text]);
}

function looseBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(text);
  } catch {
    const end = text.indexOf('=');
    const digits = (end < 0 ? text : text.slice(0, end)).replaceAll('-', '+').replaceAll('_', '/');
    const clean = digits.replace(/[^A-Za-z0-9+/]/g, '');
    return fromBase64(clean.length % 4 === 1 ? clean.slice(0, -1) : clean);
  }
}

function looseHex(text: string): Uint8Array<ArrayBuffer> {
  try {
    return apply(hexToBytes, Uint8Array, [text.length % 2 === 0 ? text : text.slice(0, -1)]);
  } catch {
    const end = text.search(/[^0-9a-f]/i);
    return apply(hexToBytes, Uint8Array, [text.slice(0, end & ~1)]);
  }
}

/** Shorter texts are done before an exception is made of one. */
const SHORT = 64;

function charCodes(text: string): Uint8Array<ArrayBuffer> {
  if (text.length > SHORT) {
    try {
      return fromBase64(nativeBtoa(text));
    } catch {
      // Some characters take two bytes.
    }
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function utf16Bytes(text: string): Uint8Array<ArrayBuffer> {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}

/** The decoder replaces halves of pairs, which Node keeps. */
function utf16Text(bytes: Uint8Array): string {
  const whole = bytes.subarray(0, bytes.length & ~1);
  const text = utf16.decode(whole);
  if (!text.includes('\ufffd')) return text;
  const units = Array.from({ length: whole.length / 2 }, (_, i) => String.fromCharCode(whole[2 * i]! | (whole[2 * i + 1]! << 8)));
  return units.join('');
}

const ENCODERS: Record<Encoding, (text: string) => Uint8Array<ArrayBuffer>> = {
  utf8: (text) => encoder.encode(text),
  hex: looseHex,
  base64: looseBase64,
  base64url: looseBase64,
  latin1: charCodes,
  ascii: charCodes,
  utf16le: utf16Bytes,
};

const DECODERS: Record<Encoding, (bytes: Uint8Array) => string> = {
  utf8: (bytes) => utf8.decode(bytes),
  hex: (bytes) => apply(bytesToHex, bytes, []),
  base64: toBase64,
  base64url: (bytes) => apply(bytesToBase64, bytes, [{ alphabet: 'base64url', omitPadding: true }]),
  latin1: (bytes) => nativeAtob(toBase64(bytes)),
  ascii: (bytes) => nativeAtob(toBase64(new Uint8Array(bytes).map((byte) => byte & 0x7f))),
  utf16le: utf16Text,
};

export function encodeText(text: string, encoding: Encoding = 'utf8'): Uint8Array<ArrayBuffer> {
  return ENCODERS[encoding](text);
}

export function decodeText(bytes: Uint8Array, encoding: Encoding = 'utf8'): string {
  return DECODERS[encoding](bytes);
}

const LENGTHS: Record<Encoding, (text: string) => number> = {
  utf8: (text) => encoder.encode(text).length,
  hex: (text) => text.length >>> 1,
  base64: base64Length,
  base64url: base64Length,
  latin1: (text) => text.length,
  ascii: (text) => text.length,
  utf16le: (text) => text.length * 2,
};

function base64Length(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return ((text.length - padding) * 3) >>> 2;
}

/** How many bytes a text takes, by the count of its characters where that tells it. */
export function encodedLength(text: string, encoding: Encoding = 'utf8'): number {
  return LENGTHS[encoding](text);
}

/** As many of the bytes as have room, without a part of a character. */
export function cutToFit(bytes: Uint8Array, room: number, encoding: Encoding): Uint8Array {
  if (bytes.length <= room) return bytes;
  let end = encoding === 'utf16le' ? room & ~1 : room;
  if (encoding === 'utf8') while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/** The bytes of a typed array, DataView or ArrayBuffer, not copied; null for anything else. */
export function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null;
}

/** As the npm package: bytes or text in, characters cut to a byte, never an exception. */
function looseBtoa(value: unknown): string {
  if (typeof value === 'string' && /^[\0-\xff]*$/.test(value)) return nativeBtoa(value);
  return toBase64(bytesOf(value) ?? charCodes(String(value)));
}

export function install(target: typeof globalThis): void {
  define(target, {
    atob: (text: unknown) => DECODERS.latin1(looseBase64(String(text))),
    btoa: looseBtoa,
  });
}
