/** Where a request goes: the arguments of `http.request` put together to one URL. */
import { codedError } from './internals.ts';
import { urlToHttpOptions } from './url.ts';

export type Options = Record<string, any>;
export type Done = (message: unknown) => unknown;

export interface Target {
  options: Options;
  done: Done | undefined;
  url: string;
  protocol: string;
  host: string;
  port: number;
  path: string;
  method: string;
}

const PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 };
const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const UNESCAPED = /[^\u0021-\u00ff]/;

/** Gives `(url, options, done)` with any of them left out as options. */
function optionsOf(args: unknown[]): [options: Options, done: Done | undefined] {
  const done = args.find((each) => typeof each === 'function') as Done | undefined;
  let [first, second] = args as [unknown, unknown];
  if (typeof first === 'string') first = new URL(first);
  if (!(first instanceof URL)) return [{ ...(first as Options) }, done];
  return [{ ...urlToHttpOptions(first), ...(typeof second === 'object' ? second : null) }, done];
}

/** The protocol is the agent's where it has one: an agent for another protocol cannot serve the request. */
function protocolOf(options: Options, expected: string): string {
  const own = options.agent?.protocol;
  const wanted = typeof own === 'string' && own in PORTS ? own : expected;
  const protocol = options.protocol ?? wanted;
  if (protocol === wanted) return protocol;
  throw codedError(TypeError, 'ERR_INVALID_PROTOCOL', `Protocol "${protocol}" not supported. Expected "${wanted}"`);
}

function methodOf({ method = 'GET' }: Options): string {
  if (typeof method === 'string' && TOKEN.test(method)) return method.toUpperCase();
  throw codedError(TypeError, 'ERR_INVALID_HTTP_TOKEN', `Method must be a valid HTTP token ["${String(method)}"]`);
}

function pathOf({ path }: Options): string {
  const text = String(path || '/');
  if (!UNESCAPED.test(text)) return text;
  throw codedError(TypeError, 'ERR_UNESCAPED_CHARACTERS', 'Request path contains unescaped characters');
}

function refuseUnsupported(options: Options): void {
  const name = ['socketPath', 'pfx', 'key', 'cert'].find((each) => options[each]);
  if (name === undefined) return;
  const text = `The option "${name}" is not available here: the platform makes the connections`;
  throw codedError(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', text);
}

/** Reads the arguments of `request`. Throws what Node throws for bad ones. */
export function targetOf(args: unknown[], expected: string): Target {
  const [options, done] = optionsOf(args);
  refuseUnsupported(options);
  const protocol = protocolOf(options, expected);
  const host = String(options.hostname || options.host || 'localhost');
  const port = Number(options.port || options.defaultPort || PORTS[protocol]);
  const path = pathOf(options);
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const authority = port === PORTS[protocol] ? name : `${name}:${port}`;
  const url = `${protocol}//${authority}${path.startsWith('/') ? '' : '/'}${path}`;
  return { options, done, url, protocol, host, port, path, method: methodOf(options) };
}

/** What `Host` says of a target. */
export const authorityOf = ({ url }: Target): string => url.split('/')[2]!;
