/** `Request` and `Response` as node-fetch 2 has them. */
import type { AbortSignal } from './abort.ts';
import { Body } from './body.ts';
import { encodeText, toBase64 } from './encoding.ts';
import { define } from './define.ts';
import { Headers } from './headers.ts';
import { showAs } from './inspect.ts';
import { statusText } from './status-texts.ts';
import { URL } from './url.ts';

export interface RequestInit {
  method?: string;
  headers?: unknown;
  body?: unknown;
  redirect?: string;
  signal?: AbortSignal | null;
  /** Milliseconds; 0 leaves the platform's limit alone. */
  timeout?: number;
  /** Largest answer in bytes; 0 leaves the platform's limit alone. */
  size?: number;
  /** How many redirects are followed. */
  follow?: number;
  compress?: boolean;
  counter?: number;
  agent?: unknown;
}

/** The text of a URL; one without a scheme stays as it is, and `fetch` refuses it. */
function urlText(input: unknown): string {
  const text = `${((input as { href?: unknown } | null)?.href || input) as string}`;
  return /^[a-z][a-z\d+\-.]*:/i.test(text) ? new URL(text).href : text;
}

/** Moves a name and password from the URL to the header, where nothing logs them. */
function withoutCredentials(text: string, headers: Headers): string {
  if (!text.includes('@')) return text;
  const url = new URL(text);
  if (url.username === '' && url.password === '') return text;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  if (!headers.has('authorization')) headers.set('authorization', `Basic ${toBase64(encodeText(pair))}`);
  url.username = url.password = '';
  return url.href;
}

function checkSignal(signal: unknown): void {
  if (signal === null || signal === undefined) return;
  const prototype = typeof signal === 'object' ? (Object.getPrototypeOf(signal) as object | null) : null;
  if (prototype?.constructor.name !== 'AbortSignal') {
    throw new TypeError('Expected signal to be an instanceof AbortSignal');
  }
}

function headersFor(body: Body, init: unknown): Headers {
  const headers = new Headers(init);
  const type = Body.impliedType(body);
  if (type !== null && !headers.has('Content-Type')) headers.append('Content-Type', type);
  return headers;
}

const hasBody = (body: unknown) => body !== undefined && body !== null;

export class Request extends Body {
  readonly #url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: string;
  readonly signal: AbortSignal | null;
  follow: number;
  compress: boolean;
  counter: number;
  agent: unknown;

  constructor(input: unknown, init: RequestInit = {}) {
    const base: Request | null = input instanceof Request ? input : null;
    const body = init.body ?? (base && cloned(base));
    super(body, { size: init.size || base?.size || 0, timeout: init.timeout || base?.timeout || 0 });
    this.method = `${init.method || base?.method || 'GET'}`.toUpperCase();
    const isRead = this.method === 'GET' || this.method === 'HEAD';
    if (isRead && (hasBody(init.body) || hasBody(base?.body))) {
      throw new TypeError('Request with GET/HEAD method cannot have body');
    }
    this.headers = headersFor(this, init.headers || base?.headers);
    const text = base?.url ?? urlText(input);
    this.#url = withoutCredentials(text, this.headers);
    this.redirect = init.redirect || base?.redirect || 'follow';
    this.signal = 'signal' in init ? (init.signal ?? null) : (base?.signal ?? null);
    checkSignal(this.signal);
    this.follow = init.follow ?? base?.follow ?? 20;
    this.compress = init.compress ?? base?.compress ?? true;
    this.counter = init.counter || base?.counter || 0;
    this.agent = init.agent || base?.agent;
  }

  override get url(): string {
    return this.#url;
  }

  clone(): Request {
    return new Request(this);
  }
}

/** What a copy of a body is made of. */
function cloned<T extends Body>(body: T): T {
  if (body.bodyUsed) throw new Error('cannot clone body after it is used');
  return body;
}

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: unknown;
  url?: string;
  redirected?: boolean;
  size?: number;
  timeout?: number;
}

export class Response extends Body {
  readonly #init: ResponseInit;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;

  static error(): Response {
    return Object.defineProperty(new Response(), 'status', { value: 0, enumerable: true });
  }

  static redirect(url: unknown, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Invalid redirect status: ${status}`);
    return new Response(null, { status, headers: { location: new URL(String(url)).href } });
  }

  static json(value: unknown, init: ResponseInit = {}): Response {
    const response = new Response(JSON.stringify(value), init);
    if (!new Headers(init.headers).has('content-type')) response.headers.set('content-type', 'application/json');
    return response;
  }

  constructor(body: unknown = null, init: ResponseInit | null = {}) {
    super(body, init ?? {});
    this.#init = init ?? {};
    this.status = this.#init.status || 200;
    this.statusText = this.#init.statusText || statusText(this.status);
    this.headers = headersFor(this, this.#init.headers);
  }

  override get url(): string {
    return this.#init.url || '';
  }

  get redirected(): boolean {
    return this.#init.redirected ?? false;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  clone(): Response {
    const { status, statusText, headers, size, timeout } = this;
    return new Response(cloned(this), { ...this.#init, status, statusText, headers, size, timeout });
  }
}

for (const type of [Request, Response]) define(type.prototype, { [Symbol.toStringTag]: type.name });
showAs(Request, ({ method, url, headers, redirect }) => ({ method, url, headers, redirect }));
showAs(Response, ({ status, statusText, url, headers }) => ({ status, statusText, url, headers }));
