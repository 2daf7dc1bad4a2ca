/** `IncomingMessage`: an answer as a readable stream. It came as a whole; it is given in pieces. */
import { Buffer } from './buffer.ts';
import { distinct, joined } from './http-headers.ts';
import type { FetchAnswer } from './internals.ts';
import process from './process.ts';
import Stream from './stream.ts';

const PIECE_BYTES = 65_536;
const EMPTY = Buffer.alloc(0);

export class IncomingMessage extends Stream.Readable {
  httpVersion = '1.1';
  httpVersionMajor = 1;
  httpVersionMinor = 1;
  statusCode: number | null = null;
  statusMessage: string | null = null;
  headers: Record<string, string | string[]> = {};
  headersDistinct: Record<string, string[]> = {};
  rawHeaders: string[] = [];
  trailers = {};
  trailersDistinct = {};
  rawTrailers: string[] = [];
  url = '';
  method: string | null = null;
  aborted = false;
  complete = false;
  upgrade = false;
  req: unknown = null;
  readonly socket: unknown;
  #left: any = EMPTY;

  constructor(socket: unknown) {
    super();
    this.socket = socket;
  }

  get connection(): unknown {
    return this.socket;
  }

  /** Takes what the host answered. */
  fill({ status, status_text, headers, body }: FetchAnswer): this {
    this.statusCode = status;
    this.statusMessage = status_text;
    this.headers = joined(headers);
    this.headersDistinct = distinct(headers);
    this.rawHeaders = headers.flat();
    if (body) this.#left = 'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64');
    return this;
  }

  setTimeout(): this {
    return this;
  }

  override _read(): void {
    const piece = this.#left.subarray(0, PIECE_BYTES);
    this.#left = this.#left.subarray(PIECE_BYTES);
    if (piece.length > 0) this.push(piece);
    if (this.#left.length > 0) return;
    this.complete = true;
    this.push(null);
  }

  /** As in Node, only those who listen hear the error of an answer given up. */
  override _destroy(error: unknown, done: (error?: unknown) => void): void {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit('aborted');
    }
    (process.nextTick as any)(() => done(this.listenerCount('error') > 0 ? error : null));
  }
}
