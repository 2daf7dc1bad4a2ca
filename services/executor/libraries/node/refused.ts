/**
 * What a sandbox has not: sockets, names to resolve, processes. The modules load, and each call fails with an error
 * that says so, in the way in which the call reports errors.
 */
import EventEmitter from './events.ts';
import { unavailable } from './internals.ts';
import process from './process.ts';
import Stream from './stream.ts';

type Callback = (...args: any[]) => unknown;

const nextTick = process.nextTick as (callback: Callback, ...args: unknown[]) => void;

const NO_SOCKETS = 'functions have no sockets; use fetch, http or https';
const NO_NAMES = 'names are resolved by fetch, http and https alone';
const NO_PROCESSES = 'functions start no processes';

const thrower = (what: string, why: string) =>
  function () {
    throw unavailable(what, why);
  };

/** A function that hands its error to the callback that comes last, or throws where there is none. */
const failing = (what: string, why: string) =>
  function (...args: unknown[]) {
    const done = args.at(-1);
    if (typeof done !== 'function') throw unavailable(what, why);
    nextTick(done as Callback, unavailable(what, why));
    return new EventEmitter();
  };

const rejecting = (what: string, why: string) => async () => {
  throw unavailable(what, why);
};

type Maker = (what: string, why: string) => unknown;

const each = (module: string, names: string, why: string, make: Maker): Record<string, unknown> =>
  Object.fromEntries(names.split(' ').map((name) => [name, make(`${module}.${name}`, why)]));

/** A socket that fails to connect. */
class Socket extends Stream.Duplex {
  connecting = false;
  readonly encrypted = false;

  connect(): this {
    this.connecting = true;
    nextTick(() => this.destroy(unavailable('net.Socket', NO_SOCKETS)));
    return this;
  }

  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: Callback): void {
    done(unavailable('net.Socket', NO_SOCKETS));
  }
  setTimeout(): this {
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

class Server extends EventEmitter {
  constructor() {
    super();
    throw unavailable('A server', NO_SOCKETS);
  }
}

const isIPv4 = (text: unknown) => /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(String(text));
const isIPv6 = (text: unknown) => {
  const [address, zone] = String(text).split('%') as [string, string?];
  return zone !== '' && address.includes(':') && URL.canParse(`http://[${address}]/`);
};

export const net = {
  Socket,
  Stream: Socket,
  Server,
  connect: () => new Socket().connect(),
  createConnection: () => new Socket().connect(),
  createServer: thrower('net.createServer', NO_SOCKETS),
  isIP: (text: unknown) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0),
  isIPv4,
  isIPv6,
};

export const tls = {
  TLSSocket: Socket,
  Server,
  connect: () => new Socket().connect(),
  createServer: thrower('tls.createServer', NO_SOCKETS),
  createSecureContext: () => ({}),
  checkServerIdentity: () => undefined,
  getCiphers: () => [],
  rootCertificates: [],
  DEFAULT_MIN_VERSION: 'TLSv1.2',
  DEFAULT_MAX_VERSION: 'TLSv1.3',
};

const RESOLVERS =
  'lookup lookupService resolve resolve4 resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTxt reverse';
const dnsPromises = {
  ...each('dns.promises', RESOLVERS, NO_NAMES, rejecting),
  getServers: () => [],
  setServers: () => {},
};
const resolvers = {
  ...each('dns', RESOLVERS, NO_NAMES, failing),
  getServers: () => [],
  setServers: () => {},
};

export const dns = {
  ...resolvers,
  promises: dnsPromises,
  Resolver: class Resolver {
    constructor() {
      Object.assign(this, resolvers);
    }
    cancel(): void {}
  },
  setDefaultResultOrder: () => {},
  getDefaultResultOrder: () => 'verbatim',
  ADDRCONFIG: 1024,
  V4MAPPED: 2048,
  ALL: 256,
  NOTFOUND: 'ENOTFOUND',
  NODATA: 'ENODATA',
  SERVFAIL: 'ESERVFAIL',
  TIMEOUT: 'ETIMEOUT',
};

export const childProcess = {
  ...each('child_process', 'exec execFile', NO_PROCESSES, failing),
  ...each('child_process', 'spawn fork execSync execFileSync spawnSync', NO_PROCESSES, thrower),
  ChildProcess: EventEmitter,
};

export const http2 = {
  ...each('http2', 'connect createServer createSecureServer', NO_SOCKETS, thrower),
  sensitiveHeaders: Symbol('sensitiveHeaders'),
  constants: http2Constants(),
};

function http2Constants(): Record<string, unknown> {
  const headers = 'status method authority scheme path'.split(' ').map((name) => [name, `:${name}`]);
  const plain =
    'accept accept-encoding authorization content-encoding content-length content-type host location te user-agent';
  const names = [...headers, ...plain.split(' ').map((name) => [name, name])] as [string, string][];
  const codes =
    'NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED';
  return Object.fromEntries<unknown>([
    ...names.map(([name, value]) => [`HTTP2_HEADER_${name.toUpperCase().replaceAll('-', '_')}`, value] as const),
    ...codes.split(' ').map((name, code) => [`NGHTTP2_${name}`, code] as const),
  ]);
}

export const dgram = each('dgram', 'createSocket', NO_SOCKETS, thrower);
export const readline = each('readline', 'createInterface', 'functions have no input', thrower);
export const vm = each('vm', 'Script runInContext runInNewContext runInThisContext createContext', 'use eval', thrower);
