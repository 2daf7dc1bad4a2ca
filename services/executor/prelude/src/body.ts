/** What `Request` and `Response` share: a body that is read once, as text, JSON or bytes. */
import { contentOf, Stream, type Content } from './body-source.ts';
import { Buffer, bufferOf } from './buffer.ts';
import { decodeText, encodeText, fromBase64, toBase64 } from './encoding.ts';
import { AbortError, FetchError } from './errors.ts';
import { bare } from './host.ts';

/** A body on its way to or from the host. */
export type WireBody = { text: string } | { base64: string };

type Whole = string | Uint8Array | null;

const { parse } = JSON;

let contentIn: (body: Body) => Content;
let take: (body: Body) => Promise<Whole>;

/** Makes a stream of what a body gives piece by piece; a library with streams may set another. */
let streamOf = (chunks: AsyncIterable<Buffer>): unknown => chunks;

export function onBodyStream(make: typeof streamOf): void {
  streamOf = make;
}

export class Body {
  /** The content type that the body implies, for who makes the headers. */
  static impliedType(body: Body): string | null {
    return body.#type;
  }

  readonly #content: Content;
  readonly #type: string | null;
  #stream: unknown;
  #used = false;
  /** Largest content in bytes that may be read; 0 for any. */
  readonly size: number = 0;
  readonly timeout: number = 0;

  static {
    contentIn = (body) => body.#content;
    take = (body) => body.#take();
  }

  constructor(init: unknown, { size, timeout }: { size?: number; timeout?: number } = {}) {
    [this.#content, this.#type] = init instanceof Body ? [init.#content, null] : contentOf(init);
    this.size = Number(size) || 0;
    this.timeout = Number(timeout) || 0;
  }

  get url(): string {
    return '';
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  /** A stream as it was given, anything else in one piece for `for await`; null where there is no body. */
  get body(): any {
    if (this.#content === null) return null;
    return (this.#stream ??= this.#content instanceof Stream ? this.#content.source : streamOf(chunks(this)));
  }

  async text(): Promise<string> {
    return textOf(await this.#take());
  }

  async json(): Promise<unknown> {
    const text = textOf(await this.#take());
    try {
      return parse(text);
    } catch (error) {
      const reason = `invalid json response body at ${this.url} reason: ${(error as Error).message}`;
      throw new FetchError(reason, 'invalid-json');
    }
  }

  async buffer(): Promise<Buffer> {
    return bytesIn(await this.#take());
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(bytesIn(await this.#take()));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(bytesIn(await this.#take())).buffer;
  }

  /** Needs the class, which code that names it (`Blob` or `blob`) has. */
  async blob(): Promise<unknown> {
    const { Blob } = globalThis as unknown as { Blob: new (parts: unknown[], options: object) => unknown };
    const type = (this as unknown as { headers?: { get(name: string): string | null } }).headers?.get('content-type');
    return new Blob([bytesIn(await this.#take())], { type: (type ?? '').toLowerCase() });
  }

  async textConverted(): Promise<string> {
    throw new Error('The package `encoding` must be installed to use the textConverted() function');
  }

  async #take(): Promise<Whole> {
    if (this.#used) throw new TypeError(`body used already for: ${this.url}`);
    this.#used = true;
    const whole = this.#content instanceof Stream ? await collected(this.#content, this.url) : this.#content;
    if (this.size > 0 && byteLength(whole) > this.size) {
      throw new FetchError(`content size at ${this.url} over limit: ${this.size}`, 'max-size');
    }
    return whole;
  }
}

async function* chunks(body: Body): AsyncGenerator<Buffer> {
  yield bytesIn(await take(body));
}

/** All that a stream gives. What it throws becomes a FetchError, as in node-fetch. */
async function collected(stream: Stream, url: string): Promise<Buffer> {
  try {
    return await stream.bytes();
  } catch (error) {
    if (error instanceof AbortError) throw error;
    const { message, code } = Object(error) as { message?: unknown; code?: string };
    const text = `Invalid response body while trying to fetch ${url}: ${String(message)}`;
    throw new FetchError(text, 'system', code === undefined ? {} : { code });
  }
}

function textOf(content: Whole): string {
  return typeof content === 'string' ? content : content === null ? '' : decodeText(content);
}

function bytesIn(content: Whole): Buffer {
  return bufferOf(typeof content === 'string' ? encodeText(content) : content) ?? Buffer.alloc(0);
}

function byteLength(content: Whole): number {
  return typeof content === 'string' ? encodeText(content).length : (content?.length ?? 0);
}

/** The body as it goes to the host, at once or when its stream has ended. Rejects with a FetchError where it fails. */
export function toWire(body: Body): WireBody | null | Promise<WireBody> {
  const content = contentIn(body);
  if (content === null) return null;
  if (content instanceof Stream) {
    return collected(content, body.url).then((bytes) => bare({ base64: toBase64(bytes) }));
  }
  return bare(typeof content === 'string' ? { text: content.toWellFormed() } : { base64: toBase64(content) });
}

export function fromWire(wire: WireBody | null | undefined): string | Uint8Array | null {
  if (!wire) return null;
  return 'text' in wire ? wire.text : fromBase64(wire.base64);
}
