/** What `Request` and `Response` share: a body that is read once, as text, JSON or bytes. */
import { Buffer, bufferOf } from './buffer.ts';
import { decodeText, encodeText, fromBase64, toBase64 } from './encoding.ts';
import { FetchError } from './errors.ts';
import { URLSearchParams } from './url.ts';

/** A body on its way to or from the host. */
export type WireBody = { text: string } | { base64: string };

type Content = string | Uint8Array | null;

const { parse } = JSON;

/** The content of a body as callers may give it, and the content type that it implies. */
function contentOf(init: unknown): [content: Content, type: string | null] {
  if (init === undefined || init === null) return [null, null];
  if (init instanceof Body) return [contentIn(init), null];
  if (init instanceof URLSearchParams) return [`${init}`, 'application/x-www-form-urlencoded;charset=UTF-8'];
  const bytes = bufferOf(init);
  if (bytes) return [bytes, null];
  return [String(init), 'text/plain;charset=UTF-8'];
}

let contentIn: (body: Body) => Content;
let take: (body: Body) => Content;

export class Body {
  /** The content type that the body implies, for who makes the headers. */
  static impliedType(body: Body): string | null {
    return body.#type;
  }

  #content: Content;
  readonly #type: string | null;
  #used = false;

  static {
    contentIn = (body) => body.#content;
    take = (body) => body.#take();
  }

  constructor(init: unknown) {
    [this.#content, this.#type] = contentOf(init);
  }

  get url(): string {
    return '';
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  /** The bytes in one piece for `for await`; null where there is no body. */
  get body(): AsyncIterable<Buffer> | null {
    return this.#content === null ? null : chunks(this);
  }

  async text(): Promise<string> {
    return textOf(this.#take());
  }

  async json(): Promise<unknown> {
    const text = textOf(this.#take());
    try {
      return parse(text);
    } catch (error) {
      const reason = `invalid json response body at ${this.url} reason: ${(error as Error).message}`;
      throw new FetchError(reason, 'invalid-json');
    }
  }

  async buffer(): Promise<Buffer> {
    return bytesIn(this.#take());
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(bytesIn(this.#take()));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(bytesIn(this.#take())).buffer;
  }

  #take(): Content {
    if (this.#used) throw new TypeError(`body used already for: ${this.url}`);
    this.#used = true;
    return this.#content;
  }
}

async function* chunks(body: Body): AsyncGenerator<Buffer> {
  yield bytesIn(take(body));
}

function textOf(content: Content): string {
  return typeof content === 'string' ? content : content === null ? '' : decodeText(content);
}

function bytesIn(content: Content): Buffer {
  return bufferOf(typeof content === 'string' ? encodeText(content) : content) ?? Buffer.alloc(0);
}

export function bodyBytes(body: Body): number {
  const content = contentIn(body);
  return typeof content === 'string' ? encodeText(content).length : (content?.length ?? 0);
}

export function toWire(body: Body): WireBody | null {
  const content = contentIn(body);
  if (content === null) return null;
  return typeof content === 'string' ? { text: content.toWellFormed() } : { base64: toBase64(content) };
}

export function fromWire(wire: WireBody | null | undefined): Content {
  if (!wire) return null;
  return 'text' in wire ? wire.text : fromBase64(wire.base64);
}
