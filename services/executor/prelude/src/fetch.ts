/** `fetch` as node-fetch 2 has it: a record goes to the host, its answer becomes a `Response` or a `FetchError`. */
import * as abort from './abort.ts';
import { fromWire, toWire, type WireBody } from './body.ts';
import { define } from './define.ts';
import { AbortError, FetchError } from './errors.ts';
import * as headers from './headers.ts';
import { ask, bare, cancel } from './host.ts';
import { isRedirect, checkTarget, redirectedRequest } from './redirects.ts';
import { Request, Response, type RequestInit } from './request-response.ts';

interface Failure {
  /** As Node names it: `ENOTFOUND`, `ECONNREFUSED` and so on. */
  code?: string;
  /** For `system` the reason alone: `getaddrinfo ENOTFOUND foo foo:443`; for `max-size` the limit in bytes. */
  message: string;
  type: 'system' | 'request-timeout' | 'max-size' | 'max-redirect' | 'no-redirect';
}

interface Answer {
  status: number;
  status_text: string;
  url: string;
  redirected: boolean;
  headers: [string, string][];
  body: WireBody | null;
  error?: Failure | null;
}

const TEXTS: Record<Failure['type'], (url: string, message: string) => string> = {
  system: (url, message) => `request to ${url} failed, reason: ${message}`,
  'request-timeout': (url) => `network timeout at: ${url}`,
  'max-size': (url, message) => `content size at ${url} over limit: ${message}`,
  'max-redirect': (url) => `maximum redirect reached at: ${url}`,
  'no-redirect': (url) => `uri requested responds with a redirect, redirect mode is set to error: ${url}`,
};

/** Longer than any request may take. */
const LONGEST_MS = 2 ** 31;
/** As many redirects as the host follows by itself. */
const FOLLOWED = 20;

/** The host follows redirects, unless the caller has a number of its own: then each hop is asked for here. */
const countsHops = ({ redirect, follow }: Request) => redirect === 'follow' && follow !== FOLLOWED;

function recordOf(request: Request, body: WireBody | null): { id: number } {
  const { redirect } = request;
  const record = {
    id: 0,
    method: request.method,
    url: request.url,
    headers: bare(Array.from(request.headers, bare<[string, string]>)),
    body,
    redirect: countsHops(request) || (redirect !== 'follow' && redirect !== 'error') ? 'manual' : redirect,
  };
  if (!(request.timeout > 0)) return record;
  return Object.assign(record, { timeout_ms: Math.min(Math.ceil(request.timeout), LONGEST_MS) });
}

function failed(request: Request, { type, message, code }: Failure): FetchError {
  const text = (TEXTS[type] ?? TEXTS.system)(request.url, message);
  return new FetchError(text, type, code !== undefined ? { code } : {});
}

function responseFrom(request: Request, answer: Answer): Response | Promise<Response> {
  if (answer.error) throw failed(request, answer.error);
  const found = headers.headersThatCame(answer.headers);
  const next = countsHops(request) ? redirectedRequest(request, answer.status, found) : null;
  if (next) return send(next);
  return new Response(fromWire(answer.body), {
    status: answer.status,
    statusText: answer.status_text,
    headers: found,
    url: answer.url,
    redirected: answer.redirected || request.counter > 0,
    size: request.size,
    timeout: request.timeout,
  });
}

const aborted = () => new AbortError('The user aborted a request.');

function post(request: Request, body: WireBody | null): Promise<Response> {
  const { signal } = request;
  if (signal?.aborted) throw aborted();
  const record = recordOf(request, body);
  const answered = ask('fetch', record).then((answer: Answer) => responseFrom(request, answer));
  if (!signal) return answered;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancel(record.id);
      reject(aborted());
    };
    signal.addEventListener('abort', onAbort);
    const done = () => signal.removeEventListener('abort', onAbort);
    answered.then(resolve, reject).finally(done);
  });
}

/** Sends the request; rejects at once when its signal aborts. */
function send(request: Request): Promise<Response> {
  const body = toWire(request);
  return body instanceof Promise ? body.then((bytes) => post(request, bytes)) : post(request, body);
}

async function start(input: unknown, init?: RequestInit | null): Promise<Response> {
  const request = new Request(input, init ?? {});
  checkTarget(request.url);
  if (request.signal?.aborted) throw aborted();
  return send(request);
}

export function fetch(input: unknown, init?: RequestInit | null): Promise<Response> {
  const { Promise: Chosen } = fetch as unknown as { Promise: PromiseConstructor };
  return Chosen === Promise ? start(input, init) : new Chosen((resolve, reject) => start(input, init).then(resolve, reject));
}

export function install(target: typeof globalThis): void {
  headers.install(target);
  abort.install(target);
  const classes = { Headers: headers.Headers, Request, Response, FetchError, AbortError };
  define(fetch, { ...classes, Promise, isRedirect, default: fetch });
  define(target, { ...classes, fetch });
}
