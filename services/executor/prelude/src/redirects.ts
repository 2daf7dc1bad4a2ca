/** Redirects by node-fetch 2's rules, for callers that bound their number. */
import { FetchError } from './errors.ts';
import { Headers } from './headers.ts';
import { Request } from './request-response.ts';
import { URL } from './url.ts';

const SECRETS = ['authorization', 'www-authenticate', 'cookie', 'cookie2'];

export const isRedirect = (status: unknown): boolean => [301, 302, 303, 307, 308].includes(status as number);

/** Throws for what no request can be sent to. */
export function checkTarget(url: string): void {
  if (!/^[a-z][a-z\d+\-.]*:/i.test(url)) throw new TypeError('Only absolute URLs are supported');
  if (!/^https?:/.test(url)) throw new TypeError('Only HTTP(S) protocols are supported');
}

function target(location: string, from: string): string {
  if (URL.canParse(location, from)) return new URL(location, from).href;
  throw new FetchError(`uri requested responds with an invalid redirect URL: ${location}`, 'invalid-redirect');
}

const isSameOrBelow = (to: string, from: string) => to === from || from.endsWith(`.${to}`);

function headersFor(request: Request, to: string): Headers {
  const headers = new Headers(request.headers);
  const [next, last] = [new URL(to), new URL(request.url)];
  if (next.protocol !== last.protocol || !isSameOrBelow(next.hostname, last.hostname)) {
    for (const name of SECRETS) headers.delete(name);
  }
  return headers;
}

/** The request that an answer sends on to; null for an answer that is no redirect. Throws where it is one too many. */
export function redirectedRequest(request: Request, status: number, found: Headers): Request | null {
  const location = found.get('location');
  if (!isRedirect(status) || location === null) return null;
  const url = target(location, request.url);
  if (request.counter >= request.follow) {
    throw new FetchError(`maximum redirect reached at: ${request.url}`, 'max-redirect');
  }
  const headers = headersFor(request, url);
  const { follow, compress, agent, signal, timeout, size } = request;
  const more = { headers, follow, compress, agent, signal, timeout, size, counter: request.counter + 1 };
  const isRead = status === 303 || ((status === 301 || status === 302) && request.method === 'POST');
  if (!isRead) return new Request(url, { ...more, method: request.method, body: request.body === null ? null : request });
  headers.delete('content-length');
  return new Request(url, { ...more, method: 'GET' });
}
