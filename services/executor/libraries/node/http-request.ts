/** `ClientRequest`: collects what is written, sends it when it ends, and gives the answer as a message. */
import type { AbortSignal } from '../../prelude/src/abort.ts';
import { Buffer } from './buffer.ts';
import EventEmitter, { abortError } from './events.ts';
import { hangUp, requestError } from './http-errors.ts';
import { OutgoingHeaders, type Value } from './http-headers.ts';
import { IncomingMessage } from './http-message.ts';
import { authorityOf, targetOf, type Target } from './http-target.ts';
import { codedError, internals, type FetchAnswer, type FetchRecord } from './internals.ts';
import process from './process.ts';
import Stream from './stream.ts';

const { ask, bare, cancel, throwUncaught } = internals;
const nextTick = process.nextTick as (callback: (...args: any[]) => unknown, ...args: unknown[]) => void;
const { setTimeout, clearTimeout } = globalThis as any;

/** What the host sets itself, from the body and the URL; `expect` and its like belong to a connection. */
const CONNECTION = new Set('connection content-length expect keep-alive te trailer transfer-encoding'.split(' '));
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** What libraries look at and adjust of a connection. */
class Socket extends EventEmitter {
  readonly connecting = false;
  readonly writable = true;
  readonly readable = true;
  readonly authorized = true;
  destroyed = false;
  readonly encrypted: boolean;
  readonly #request: ClientRequest;

  constructor(request: ClientRequest, encrypted: boolean) {
    super();
    this.#request = request;
    this.encrypted = encrypted;
  }

  setTimeout(delay: number, done?: () => void): this {
    this.#request.setTimeout(delay, done);
    return this;
  }

  destroy(error?: Error): this {
    this.#request.destroy(error);
    return this;
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  address(): object {
    return {};
  }
}

export class ClientRequest extends Stream.Writable {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly protocol: string;
  readonly agent: unknown;
  readonly socket: Socket;
  readonly reusedSocket = false;
  readonly maxHeadersCount = null;
  aborted = false;
  headersSent = false;
  timeout: number | undefined;
  res: IncomingMessage | null = null;
  readonly #target: Target;
  readonly #headers = new OutgoingHeaders();
  readonly #chunks: Uint8Array[] = [];
  #id = 0;
  #timer: unknown = null;
  #isClosed = false;

  constructor(args: unknown[], protocol: string, agent: unknown) {
    super({ autoDestroy: false, emitClose: false });
    const target = (this.#target = targetOf(args, protocol));
    ({ method: this.method, path: this.path, host: this.host, protocol: this.protocol } = target);
    this.agent = target.options.agent ?? agent;
    this.socket = new Socket(this, this.protocol === 'https:');
    this.#setHeaders(target);
    if (target.done) this.once('response', target.done);
    if (target.options.timeout) this.setTimeout(target.options.timeout);
    if (target.options.signal) this.#follow(target.options.signal);
    nextTick(() => this.#connect());
  }

  get connection(): Socket {
    return this.socket;
  }

  get finished(): boolean {
    return this.writableEnded;
  }

  #setHeaders({ options, method }: Target): void {
    this.#headers.setAll(options.headers);
    if (options.auth && !this.#headers.has('authorization')) {
      this.#headers.set('Authorization', `Basic ${Buffer.from(String(options.auth)).toString('base64')}`);
    }
    if (options.setHost !== false && !this.#headers.has('host')) this.#headers.set('Host', authorityOf(this.#target));
    if (method !== 'HEAD' && this.#headers.has('expect')) this.headersSent = true;
  }

  #follow(signal: AbortSignal): void {
    const stop = () => this.destroy(abortError(signal));
    if (signal.aborted) nextTick(stop);
    else signal.addEventListener('abort', stop, { once: true });
    this.once('close', () => signal.removeEventListener('abort', stop));
  }

  #connect(): void {
    if (this.destroyed) return;
    this.emit('socket', this.socket);
    if (String(this.#headers.get('expect')).toLowerCase() === '100-continue') this.emit('continue');
  }

  // --- headers
  setHeader(name: string, value: Value): this {
    this.#mayChange('set');
    this.#headers.set(name, value);
    return this;
  }

  appendHeader(name: string, value: Value): this {
    this.#mayChange('append');
    this.#headers.append(name, value);
    return this;
  }

  setHeaders(headers: Iterable<[string, Value]>): this {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  removeHeader(name: string): void {
    this.#mayChange('remove');
    this.#headers.delete(name);
  }

  getHeader(name: string): Value | undefined {
    return this.#headers.get(name);
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name);
  }

  getHeaders(): Record<string, Value> {
    return this.#headers.toObject();
  }

  getHeaderNames(): string[] {
    return this.#headers.names();
  }

  getRawHeaderNames(): string[] {
    return this.#headers.rawNames();
  }

  flushHeaders(): void {
    this.headersSent = true;
  }

  #mayChange(action: string): void {
    if (!this.headersSent) return;
    const text = `Cannot ${action} headers after they are sent to the client`;
    throw codedError(Error, 'ERR_HTTP_HEADERS_SENT', text);
  }

  setNoDelay(): this {
    return this;
  }

  setSocketKeepAlive(): this {
    return this;
  }

  // --- the body
  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.headersSent = true;
    this.#chunks.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.headersSent = true;
    nextTick(() => {
      if (this.destroyed) return;
      this.#send();
      done();
    });
  }

  #send(): void {
    const record = this.#record();
    ask('fetch', record)
      .then((answer) => this.#answered(answer))
      .catch(throwUncaught);
    this.#id = record.id;
  }

  #record(): FetchRecord {
    const { url, method } = this.#target;
    const omitted = new Set(CONNECTION);
    if (this.#headers.get('host') === authorityOf(this.#target)) omitted.add('host');
    const bytes = Buffer.concat(this.#chunks);
    const hasBody = bytes.length > 0 || !BODILESS.has(method);
    const headers = this.#headers.pairs(omitted).map((pair) => bare(pair));
    const body = hasBody ? bare({ base64: bytes.toString('base64') as string }) : null;
    return { id: 0, method, url, headers: bare(headers), body, redirect: 'manual', inflate: false };
  }

  // --- the answer
  #answered(answer: FetchAnswer): void {
    if (this.destroyed) return;
    this.#stopTimer();
    if (answer.error) return void this.#fail(requestError(answer.error, this.#target.url));
    const message = (this.res = new IncomingMessage(this.socket).fill(answer));
    message.req = this;
    for (const last of ['end', 'aborted', 'close']) message.once(last, () => nextTick(() => this.#close()));
    // Where nobody takes the answer it is read away, so that the request ends.
    if (!this.emit('response', message)) message.resume();
  }

  #fail(error: Error): void {
    this.destroyed = true;
    this.socket.destroyed = true;
    this.emit('error', error);
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.destroyed = true;
    this.socket.destroyed = true;
    this.socket.emit('close', false);
    this.emit('close');
  }

  // --- giving up
  setTimeout(delay: number, done?: () => void): this {
    this.#stopTimer();
    if (done) this.once('timeout', done);
    this.timeout = Number(delay);
    if (!(this.timeout > 0) || this.destroyed || this.res) return this;
    this.#timer = setTimeout(() => {
      this.emit('timeout');
      this.socket.emit('timeout');
    }, this.timeout);
    return this;
  }

  clearTimeout(done?: () => void): this {
    if (done) this.removeListener('timeout', done);
    return this.setTimeout(0);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    nextTick(() => this.emit('abort'));
    this.destroy();
  }

  /** Gives the request up: before an answer it fails, after one the message is cut off. */
  override destroy(error?: Error | null): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#stopTimer();
    if (this.#id !== 0) cancel(this.#id);
    if (this.res) this.res.destroy(error ?? hangUp('aborted'));
    else nextTick(() => this.#fail(error ?? hangUp()));
    return this;
  }
}
