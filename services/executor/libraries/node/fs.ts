/**
 * `fs` over an empty disk that cannot be written: reading fails with ENOENT, writing with EROFS.
 *
 * Libraries that read a file of their own (a schema, a list) put it into `files` when they are bundled.
 */
import { Buffer } from './buffer.ts';
import { codedError, internals } from './internals.ts';
import process from './process.ts';
import Stream from './stream.ts';

type Callback = (...args: any[]) => unknown;
type Call = (...args: any[]) => unknown;

/** What files there are, by absolute path. */
export const files = new Map<string, string | Uint8Array>();

const REASONS = { ENOENT: [-2, 'no such file or directory'], EROFS: [-30, 'read-only file system'] } as const;
const nextTick = process.nextTick as (callback: Callback, ...args: unknown[]) => void;

function failure(code: keyof typeof REASONS, syscall: string, path: unknown): Error {
  const [errno, reason] = REASONS[code];
  const error = codedError(Error, code, `${code}: ${reason}, ${syscall} '${String(path)}'`);
  return Object.assign(error, { errno, syscall, path: String(path) });
}

const missing = (syscall: string): Call => (path) => {
  throw failure('ENOENT', syscall, path);
};
const readOnly = (syscall: string): Call => (path) => {
  throw failure('EROFS', syscall, path);
};

function readFile(path: unknown, options?: string | { encoding?: string | null } | null): unknown {
  const content = files.get(path instanceof URL ? path.pathname : String(path));
  if (content === undefined) throw failure('ENOENT', 'open', path);
  const encoding = typeof options === 'string' ? options : options?.encoding;
  const bytes = Buffer.from(content);
  return encoding ? bytes.toString(encoding) : bytes;
}

class Stats {
  readonly size: number;

  constructor(content: string | Uint8Array) {
    this.size = Buffer.byteLength(content);
  }

  isFile(): boolean {
    return true;
  }
  isDirectory(): boolean {
    return false;
  }
  isSymbolicLink(): boolean {
    return false;
  }
}

function stat(path: unknown): Stats {
  const content = files.get(String(path));
  if (content === undefined) throw failure('ENOENT', 'stat', path);
  return new Stats(content);
}

const calls: Record<string, Call> = {
  readFile,
  stat,
  lstat: stat,
  access: (path) => void stat(path),
  realpath(path) {
    stat(path);
    return path;
  },
  open: missing('open'),
  opendir: missing('opendir'),
  readdir: missing('scandir'),
  readlink: missing('readlink'),
  rm: missing('rm'),
  rmdir: missing('rmdir'),
  unlink: missing('unlink'),
  appendFile: readOnly('open'),
  chmod: readOnly('chmod'),
  copyFile: readOnly('copyfile'),
  mkdir: readOnly('mkdir'),
  mkdtemp: readOnly('mkdtemp'),
  rename: readOnly('rename'),
  symlink: readOnly('symlink'),
  truncate: readOnly('open'),
  utimes: readOnly('utime'),
  writeFile: readOnly('open'),
};

/** Hands to the last argument what the call gives or throws. */
const withCallback =
  (call: Call): Call =>
  (...args) => {
    const done = args.pop();
    if (typeof done !== 'function') throw internals.checks.invalidType('cb', 'Function', done);
    try {
      nextTick(done as Callback, null, call(...args));
    } catch (error) {
      nextTick(done as Callback, error);
    }
  };

const mapped = (change: (call: Call) => Call, suffix = ''): Record<string, Call> =>
  Object.fromEntries(Object.entries(calls).map(([name, call]) => [name + suffix, change(call)]));

const constants = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, S_IFMT: 61440 };

export const promises = { ...mapped((call) => async (...args) => call(...args)), constants };

function createReadStream(path: unknown): object {
  return new Stream.Readable({
    read(this: { push(chunk: unknown): void; destroy(error: unknown): void }) {
      try {
        this.push(readFile(path));
        this.push(null);
      } catch (error) {
        this.destroy(error);
      }
    },
  });
}

const createWriteStream = (path: unknown) =>
  new Stream.Writable({
    write: (_chunk: unknown, _encoding: string, done: Callback) => done(failure('EROFS', 'open', path)),
  });

/** Those that look at an instance's class find one. */
function ReadStream(path: unknown): object {
  return createReadStream(path);
}
ReadStream.prototype = Object.create(Stream.Readable.prototype);
function WriteStream(path: unknown): object {
  return createWriteStream(path);
}
WriteStream.prototype = Object.create(Stream.Writable.prototype);

export default {
  ...mapped(withCallback),
  ...mapped((call) => call, 'Sync'),
  realpath: Object.assign(withCallback(calls.realpath!), { native: withCallback(calls.realpath!) }),
  existsSync: (path: unknown) => files.has(String(path)),
  exists: (path: unknown, done: Callback) => nextTick(done, files.has(String(path))),
  close: (_fd: unknown, done: Callback) => nextTick(done, null),
  watch: missing('watch'),
  watchFile: () => {},
  unwatchFile: () => {},
  createReadStream,
  createWriteStream,
  ReadStream,
  WriteStream,
  Stats,
  constants,
  ...constants,
  promises,
};
