/** Modules that describe a machine or a process there is none of: `os`, `tty`, `cluster`, `worker_threads`, `v8`. */
import EventEmitter from './events.ts';
import { unavailable } from './internals.ts';
import process from './process.ts';

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGUSR1: 10, SIGUSR2: 12, SIGPIPE: 13, SIGTERM: 15 };
const ERRNO = { EPERM: 1, ENOENT: 2, EACCES: 13, EEXIST: 17, EINVAL: 22, EPIPE: 32, ECONNRESET: 104, ETIMEDOUT: 110 };

export const os = {
  EOL: '\n',
  devNull: '/dev/null',
  arch: () => process.arch,
  machine: () => process.arch,
  platform: () => process.platform,
  type: () => 'Linux',
  release: () => '',
  version: () => '',
  hostname: () => 'localhost',
  homedir: () => '/',
  tmpdir: () => '/tmp',
  endianness: () => 'LE',
  uptime: () => 0,
  loadavg: () => [0, 0, 0],
  totalmem: () => 0,
  freemem: () => 0,
  cpus: () => [],
  availableParallelism: () => 1,
  networkInterfaces: () => ({}),
  userInfo: () => ({ uid: -1, gid: -1, username: 'function', homedir: '/', shell: null }),
  constants: { signals: SIGNALS, errno: ERRNO, priority: {} },
};

export const constants = { ...SIGNALS, ...ERRNO, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 };

class NoTerminal extends EventEmitter {
  constructor() {
    super();
    throw unavailable('A terminal', 'functions have none');
  }
}

export const tty = { isatty: () => false, ReadStream: NoTerminal, WriteStream: NoTerminal };

export const cluster = Object.assign(new EventEmitter(), {
  isMaster: true,
  isPrimary: true,
  isWorker: false,
  workers: {},
  settings: {},
  fork: () => {
    throw unavailable('cluster.fork', 'functions start no processes');
  },
});

export const workerThreads = {
  isMainThread: true,
  parentPort: null,
  workerData: null,
  threadId: 0,
  resourceLimits: {},
  Worker: class Worker {
    constructor() {
      throw unavailable('worker_threads.Worker', 'functions start no threads');
    }
  },
};

export const v8 = {
  getHeapStatistics: () => ({ heap_size_limit: 0, total_heap_size: 0, used_heap_size: 0 }),
  setFlagsFromString: () => {},
};

export const inspector = { url: () => undefined, open: () => {}, close: () => {} };

class Channel {
  readonly hasSubscribers = false;
  readonly name: string | symbol;

  constructor(name: string | symbol) {
    this.name = name;
  }

  publish(): void {}
  subscribe(): void {}
  unsubscribe(): boolean {
    return false;
  }
}

/** Nobody listens on them. */
export const diagnosticsChannel = {
  Channel,
  channel: (name: string | symbol) => new Channel(name),
  hasSubscribers: () => false,
  subscribe: () => {},
  unsubscribe: () => false,
};

export const performanceHooks = {
  performance,
  constants: {},
  PerformanceObserver: class PerformanceObserver {
    static supportedEntryTypes: string[] = [];
    observe(): void {}
    disconnect(): void {}
  },
};
