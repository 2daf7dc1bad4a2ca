/** What the runtime has of the web's standards. `fetch` is node-fetch 2. */
declare const window: typeof globalThis;

interface Console {
  log(...data: any[]): void;
  info(...data: any[]): void;
  warn(...data: any[]): void;
  error(...data: any[]): void;
  debug(...data: any[]): void;
  trace(...data: any[]): void;
  dir(value: any, options?: { depth?: number | null; [option: string]: any }): void;
  dirxml(...data: any[]): void;
  table(data: any, columns?: readonly string[]): void;
  assert(condition?: any, ...data: any[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  time(label?: string): void;
  timeLog(label?: string, ...data: any[]): void;
  timeEnd(label?: string): void;
  group(...data: any[]): void;
  groupCollapsed(...data: any[]): void;
  groupEnd(): void;
}
declare const console: Console;

interface Timer {
  ref(): this;
  unref(): this;
  hasRef(): boolean;
}
declare function setTimeout<A extends any[]>(callback: (...args: A) => void, delayMs?: number, ...args: A): Timer;
declare function setInterval<A extends any[]>(callback: (...args: A) => void, delayMs?: number, ...args: A): Timer;
declare function setImmediate<A extends any[]>(callback: (...args: A) => void, ...args: A): Timer;
declare function clearTimeout(timer?: Timer | null): void;
declare function clearInterval(timer?: Timer | null): void;
declare function clearImmediate(timer?: Timer | null): void;
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare const performance: { now(): number; readonly timeOrigin: number; [name: string]: any };

declare class DOMException extends Error {
  constructor(message?: string, name?: string);
  readonly code: number;
}
/** The engine's own fault. */
declare class InternalError extends Error {}

declare class TextEncoder {
  readonly encoding: string;
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}

interface Uint8Array {
  toBase64(options?: { alphabet?: 'base64' | 'base64url'; omitPadding?: boolean }): string;
  toHex(): string;
}
interface Uint8ArrayConstructor {
  fromBase64(text: string, options?: { alphabet?: 'base64' | 'base64url' }): Uint8Array<ArrayBuffer>;
  fromHex(text: string): Uint8Array<ArrayBuffer>;
}

declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toString(): string;
  toJSON(): string;
}
declare class URLSearchParams implements Iterable<[string, string]> {
  constructor(init?: string | Record<string, string> | Iterable<[string, string]> | URLSearchParams);
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: any): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}

declare class AbortSignal {
  static abort(reason?: any): AbortSignal;
  static timeout(delayMs: number): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((event: any) => void) | null;
  throwIfAborted(): void;
  addEventListener(type: string, listener: (event: any) => void, options?: boolean | { once?: boolean }): void;
  removeEventListener(type: string, listener: (event: any) => void): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}

type HeadersInit = Headers | Record<string, string | readonly string[]> | Iterable<readonly [string, string]>;
declare class Headers implements Iterable<[string, string]> {
  constructor(init?: HeadersInit);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  /** Each name with its values, unjoined. */
  raw(): Record<string, string[]>;
  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: any): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

/** A text, bytes, a form, or anything with the methods of a stream. */
type BodyInit = string | ArrayBuffer | ArrayBufferView | URLSearchParams | { readonly [Symbol.toStringTag]: string } | { pipe: any };
interface Body {
  readonly body: any;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  buffer(): Promise<Buffer>;
  json(): Promise<any>;
  text(): Promise<string>;
}
interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  redirect?: 'follow' | 'manual' | 'error';
  signal?: AbortSignal | null;
  /** Longest time until the answer is complete, in milliseconds; 0 for the installation's. */
  timeout?: number;
  /** Longest answer in bytes; 0 for the installation's. */
  size?: number;
  /** How many redirects are followed. */
  follow?: number;
  compress?: boolean;
  agent?: any;
}
interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
  url?: string;
}
interface Request extends Body {}
declare class Request {
  constructor(input: string | URL | Request, init?: RequestInit);
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly redirect: string;
  readonly signal: AbortSignal;
  clone(): Request;
}
interface Response extends Body {}
declare class Response {
  constructor(body?: BodyInit | null, init?: ResponseInit | null);
  static error(): Response;
  static redirect(url: string | URL, status?: number): Response;
  static json(value: any, init?: ResponseInit): Response;
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly redirected: boolean;
  clone(): Response;
}
/** A request that failed, or an answer that is not JSON. */
declare class FetchError extends Error {
  readonly type: string;
  readonly code?: string;
  readonly errno?: string;
}
/** A request that was aborted. */
declare class AbortError extends Error {
  readonly type: string;
}
declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
