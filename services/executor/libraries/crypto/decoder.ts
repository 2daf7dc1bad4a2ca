/** Text out of bytes that come in pieces: what is cut in the middle of a character waits for the next piece. */
import { internals } from '../internals.ts';
import type { Bytes } from './arguments.ts';

const { codedError, decodeText, encodingOf, Buffer } = internals;
const Decoder = TextDecoder;

// So many bytes make whole characters.
const UNITS: Record<string, number> = { base64: 3, base64url: 3 };
const LABELS: Record<string, string> = { utf8: 'utf-8', utf16le: 'utf-16le' };

export class PieceDecoder {
  readonly #encoding: string;
  readonly #text: TextDecoder | undefined;
  #left: Bytes = new Uint8Array(0);

  constructor(name: unknown) {
    const encoding = encodingOf(name);
    if (!encoding) throw codedError(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${String(name)}`);
    this.#encoding = encoding;
    const label = LABELS[encoding];
    if (label) this.#text = new Decoder(label, { ignoreBOM: true });
  }

  get encoding(): string {
    return this.#encoding;
  }

  write(bytes: Bytes, last: boolean): string {
    if (this.#text) return this.#text.decode(bytes as Uint8Array, { stream: !last });
    const all = this.#left.length > 0 ? Buffer.concat([this.#left as Uint8Array, bytes as Uint8Array]) : bytes;
    const unit = last ? 1 : (UNITS[this.#encoding] ?? 1);
    const end = all.length - (all.length % unit);
    this.#left = all.slice(end);
    return decodeText(all.subarray(0, end), this.#encoding as 'hex');
  }
}
