/** `buffer`: the runtime's own `Buffer` with what the module has besides. */
import { internals } from './internals.ts';

export const Buffer: any = (globalThis as any).Buffer;

const MAX_LENGTH = 2 ** 31 - 1;
const MAX_STRING_LENGTH = 2 ** 29 - 24;

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Characters that the new encoding lacks become question marks. */
function transcode(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text: string = Buffer.from(bytes).toString(from);
  if (!/^(latin1|binary|ascii)$/i.test(to)) return Buffer.from(text, to);
  const last = /ascii/i.test(to) ? 0x7f : 0xff;
  return Buffer.from(Array.from(text, (char) => (char.codePointAt(0)! > last ? '?' : char)).join(''), 'latin1');
}

const buffer: Record<string, unknown> = {
  Buffer,
  SlowBuffer: Object.assign((size: number) => Buffer.alloc(size), { prototype: Buffer.prototype }),
  kMaxLength: MAX_LENGTH,
  kStringMaxLength: MAX_STRING_LENGTH,
  constants: { MAX_LENGTH, MAX_STRING_LENGTH },
  INSPECT_MAX_BYTES: 50,
  atob: globalThis.atob,
  btoa: globalThis.btoa,
  isAscii: (bytes: Uint8Array) => bytes.every((byte) => byte < 0x80),
  isUtf8,
  transcode,
};
for (const name of ['Blob', 'File']) {
  if (name in globalThis) internals.define(buffer, { [name]: (globalThis as any)[name] });
}

export default buffer;
