/** `TextDecoder` and `TextEncoder`: the engine's natives, with windows-1252 under all its names and Node's errors. */
import { invalidType } from './arguments.ts';
import { define } from './define.ts';
import { codedError } from './errors.ts';
import { bytesOf, decodeText } from './encoding.ts';

const { TextDecoder: Native } = globalThis as unknown as { TextDecoder: new (label: string, options: Options) => Decoder };

const WINDOWS_1252 =
  /^(?:ansi_x3\.4-1968|(?:us-)?ascii|cp1252|cp819|csisolatin1|ibm819|iso-ir-100|iso[-_]?8859-?1|iso_8859-1:1987|l(?:atin)?1|(?:windows-|x-cp)1252)$/;
// Where windows-1252 has no control characters.
const SPECIAL = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

interface Decoder {
  readonly encoding: string;
  decode(bytes: Uint8Array, options: { stream?: boolean }): string;
}

interface Options {
  fatal?: boolean;
  ignoreBOM?: boolean;
}

export class TextDecoder {
  /** None for windows-1252. */
  readonly #native: Decoder | null;
  readonly #options: Options;

  constructor(label: unknown = 'utf-8', options: Options = {}) {
    if (options !== null && typeof options !== 'object' && typeof options !== 'function') {
      throw invalidType('options', 'object', options);
    }
    this.#options = { fatal: Boolean(options?.fatal), ignoreBOM: Boolean(options?.ignoreBOM) };
    this.#native = nativeFor(`${label as string}`, this.#options);
  }

  get encoding(): string {
    return this.#native?.encoding ?? 'windows-1252';
  }

  get fatal(): boolean {
    return this.#options.fatal!;
  }

  get ignoreBOM(): boolean {
    return this.#options.ignoreBOM!;
  }

  decode(input: unknown = new Uint8Array(0), options?: { stream?: boolean }): string {
    const bytes = bytesOf(input);
    if (bytes === null) {
      const kinds = 'an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView';
      throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', `The "list" argument must be ${kinds}.`);
    }
    if (this.#native === null) return decodeText(bytes, 'latin1').replace(/[\x80-\x9f]/g, specialOf);
    try {
      return this.#native.decode(bytes, options ?? {});
    } catch {
      const message = `The encoded data was not valid for encoding ${this.encoding}`;
      throw codedError(TypeError, 'ERR_ENCODING_INVALID_ENCODED_DATA', message);
    }
  }
}

const specialOf = (char: string) => SPECIAL[char.charCodeAt(0) - 0x80]!;

function nativeFor(label: string, options: Options): Decoder | null {
  if (WINDOWS_1252.test(label.trim().toLowerCase())) return null;
  try {
    return new Native(label, options);
  } catch {
    throw codedError(RangeError, 'ERR_ENCODING_NOT_SUPPORTED', `The "${label}" encoding is not supported`);
  }
}

export function install(target: typeof globalThis): void {
  for (const type of [TextDecoder, TextEncoder]) define(type.prototype, { [Symbol.toStringTag]: type.name });
  define(target, { TextDecoder });
}
