/** `Blob` and `File` of the web: bytes that do not change. */
import { internals } from '../internals.ts';

const { bytesOf, checks, codedError, decodeText, define, encodeText, Buffer } = internals;

interface BlobOptions {
  type?: unknown;
  endings?: 'transparent' | 'native';
}

let bytesIn: (blob: Blob) => Uint8Array;

function partOf(part: unknown): Uint8Array {
  if (part instanceof Blob) return bytesIn(part);
  return bytesOf(part) ?? encodeText(String(part));
}

/** As the standard has it: a type with other characters than those of a header is none. */
const typeOf = (type: unknown) => (/^[\x20-\x7e]*$/.test(`${type}`) ? `${type}`.toLowerCase() : '');

export class Blob {
  readonly #bytes: Uint8Array;
  readonly #type: string;

  static {
    bytesIn = (blob) => blob.#bytes;
  }

  constructor(parts: Iterable<unknown> = [], options: BlobOptions | null = {}) {
    if (typeof parts !== 'object' || parts === null || !(Symbol.iterator in parts)) {
      throw checks.invalidType('sources', 'a sequence', parts);
    }
    this.#bytes = Buffer.concat(Array.from(parts, partOf));
    this.#type = typeOf(options?.type ?? '');
  }

  get size(): number {
    return this.#bytes.length;
  }

  get type(): string {
    return this.#type;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.#bytes).buffer;
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(this.#bytes);
  }

  async text(): Promise<string> {
    return decodeText(this.#bytes);
  }

  slice(start?: number, end?: number, type: unknown = ''): Blob {
    return new Blob([new Uint8Array(this.#bytes).slice(start, end)], { type });
  }

  /** A stream of the web where the code names one of its classes, else what `for await` takes. */
  stream(): unknown {
    const bytes = new Uint8Array(this.#bytes);
    const { ReadableStream } = globalThis as unknown as { ReadableStream?: new (source: object) => unknown };
    if (ReadableStream === undefined) return chunks(bytes);
    return new ReadableStream({
      start(controller: { enqueue(chunk: unknown): void; close(): void }) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
  }
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export class File extends Blob {
  readonly name: string;
  readonly lastModified: number;

  constructor(...args: [parts: Iterable<unknown>, name: unknown, options?: BlobOptions & { lastModified?: unknown }]) {
    if (args.length < 2) {
      throw codedError(TypeError, 'ERR_MISSING_ARGS', 'The "fileBits" and "fileName" arguments must be specified');
    }
    super(args[0], args[2]);
    this.name = String(args[1]);
    this.lastModified = Number(args[2]?.lastModified ?? Date.now());
  }
}

/** The bytes of a blob at once. */
export const blobBytes = (blob: Blob) => bytesIn(blob);

for (const type of [Blob, File]) define(type.prototype, { [Symbol.toStringTag]: type.name });
