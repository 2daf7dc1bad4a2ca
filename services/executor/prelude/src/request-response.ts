/** `Request` and `Response` as node-fetch 2 has them. */
import type { AbortSignal } from './abort.ts';
import { Body } from './body.ts';
import { encodeText, toBase64 } from './encoding.ts';
import { define } from './define.ts';
import { Headers } from './headers.ts';
import { showAs } from './inspect.ts';

export interface RequestInit {
  method?: string;
  headers?: unknown;
  body?: unknown;
  redirect?: 'follow' | 'manual' | 'error';
  signal?: AbortSignal | null;
  /** Milliseconds; 0 leaves the platform's limit alone. */
  timeout?: number;
  /** Largest answer in bytes; 0 leaves the platform's limit alone. */
  size?: number;
}

const REDIRECTS = ['follow', 'manual', 'error'];

function absoluteUrl(input: unknown): URL {
  const text = String(input instanceof URL ? input.href : input);
  if (!URL.canParse(text)) throw new TypeError('Only absolute URLs are supported');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError('Only HTTP(S) protocols are supported');
  return url;
}

/** Moves a name and password from the URL to the header, where nothing logs them. */
function moveCredentials(url: URL, headers: Headers): void {
  if (url.username === '' && url.password === '') return;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  if (!headers.has('authorization')) headers.set('authorization', `Basic ${toBase64(encodeText(pair))}`);
  url.username = url.password = '';
}

export class Request extends Body {
  readonly #url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: 'follow' | 'manual' | 'error';
  readonly signal: AbortSignal | null;
  readonly timeout: number;
  readonly size: number;

  constructor(input: unknown, init: RequestInit = {}) {
    const base = input instanceof Request ? input : null;
    const body = init.body ?? base;
    super(body);
    this.method = String(init.method ?? base?.method ?? 'GET').toUpperCase();
    if ((init.body ?? null) !== null && (this.method === 'GET' || this.method === 'HEAD')) {
      throw new TypeError('Request with GET/HEAD method cannot have body');
    }
    this.headers = new Headers(init.headers ?? base?.headers);
    const type = Body.impliedType(this);
    if (type !== null && !this.headers.has('content-type')) this.headers.set('content-type', type);
    const url = absoluteUrl(base?.url ?? input);
    moveCredentials(url, this.headers);
    this.#url = url.href;
    this.redirect = init.redirect ?? base?.redirect ?? 'follow';
    if (!REDIRECTS.includes(this.redirect)) throw new TypeError(`Unknown redirect mode: ${this.redirect}`);
    this.signal = init.signal === undefined ? (base?.signal ?? null) : init.signal;
    this.timeout = Number(init.timeout ?? base?.timeout ?? 0);
    this.size = Number(init.size ?? base?.size ?? 0);
  }

  override get url(): string {
    return this.#url;
  }

  clone(): Request {
    if (this.bodyUsed) throw new Error('cannot clone body after it is used');
    return new Request(this);
  }
}

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: unknown;
  url?: string;
  redirected?: boolean;
}

export class Response extends Body {
  readonly #init: ResponseInit;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;

  static error(): Response {
    return new Response(null, { status: 0 });
  }

  static redirect(url: unknown, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Invalid redirect status: ${status}`);
    return new Response(null, { status, headers: { location: new URL(String(url)).href } });
  }

  constructor(body: unknown = null, init: ResponseInit = {}) {
    super(body);
    this.#init = init;
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? '';
    this.headers = new Headers(init.headers);
    const type = Body.impliedType(this);
    if (type !== null && !this.headers.has('content-type')) this.headers.set('content-type', type);
  }

  override get url(): string {
    return this.#init.url ?? '';
  }

  get redirected(): boolean {
    return this.#init.redirected ?? false;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  clone(): Response {
    if (this.bodyUsed) throw new Error('cannot clone body after it is used');
    return new Response(this, { ...this.#init, headers: this.headers });
  }
}

for (const type of [Request, Response]) define(type.prototype, { [Symbol.toStringTag]: type.name });
showAs(Request, ({ method, url, headers, redirect }) => ({ method, url, headers, redirect }));
showAs(Response, ({ status, statusText, url, headers }) => ({ status, statusText, url, headers }));
