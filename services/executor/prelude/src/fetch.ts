/** `fetch` as node-fetch 2 has it: a record goes to the host, its answer becomes a `Response` or a `FetchError`. */
import * as abort from './abort.ts';
import { bodyBytes, fromWire, toWire, type WireBody } from './body.ts';
import { define } from './define.ts';
import { AbortError, FetchError } from './errors.ts';
import * as headers from './headers.ts';
import { ask, bare, cancel } from './host.ts';
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

function recordOf(request: Request): { id: number } {
  const body = toWire(request);
  const record = {
    id: 0,
    method: request.method,
    url: request.url,
    headers: bare(Array.from(request.headers, bare<[string, string]>)),
    body: body && bare(body),
    redirect: request.redirect,
  };
  if (!(request.timeout > 0)) return record;
  return Object.assign(record, { timeout_ms: Math.min(Math.ceil(request.timeout), LONGEST_MS) });
}

function failed(request: Request, { type, message, code }: Failure): FetchError {
  const text = (TEXTS[type] ?? TEXTS.system)(request.url, message);
  return new FetchError(text, type, code === undefined ? {} : { code });
}

function responseFrom(request: Request, answer: Answer): Response {
  if (answer.error) throw failed(request, answer.error);
  const response = new Response(fromWire(answer.body), {
    status: answer.status,
    statusText: answer.status_text,
    headers: answer.headers,
    url: answer.url,
    redirected: answer.redirected,
  });
  if (request.size > 0 && bodyBytes(response) > request.size) {
    throw failed(request, { type: 'max-size', message: String(request.size) });
  }
  return response;
}

/** Sends the request; rejects at once when its signal aborts. */
function send(request: Request): Promise<Response> {
  const record = recordOf(request);
  const answered = ask('fetch', record).then((answer: Answer) => responseFrom(request, answer));
  const { signal } = request;
  if (!signal) return answered;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancel(record.id);
      reject(new AbortError('The user aborted a request.'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const done = () => signal.removeEventListener('abort', onAbort);
    answered.then(resolve, reject).finally(done);
  });
}

export async function fetch(input: unknown, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init ?? {});
  if (request.signal?.aborted) throw new AbortError('The user aborted a request.');
  return send(request);
}

export function install(target: typeof globalThis): void {
  headers.install(target);
  abort.install(target);
  define(target, { fetch, Request, Response, FetchError, AbortError });
}
