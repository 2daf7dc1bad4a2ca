/** `timers` and `timers/promises`. */
import type { AbortSignal } from '../../prelude/src/abort.ts';
import { abortError } from './events.ts';

interface Options {
  signal?: AbortSignal;
}

const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis as any;
const custom = Symbol.for('nodejs.util.promisify.custom');

function wait<T>(delay: unknown, value: T, { signal }: Options = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal));
    const onAbort = () => {
      clearTimeout(timer);
      reject(abortError(signal!));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    }, delay);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

const immediate = <T>(value: T, options?: Options) => wait(0, value, options);

async function* interval<T>(delay: unknown, value: T, options?: Options): AsyncGenerator<T> {
  for (;;) yield await wait(delay, value, options);
}

export const promises = {
  setTimeout: wait,
  setImmediate: immediate,
  setInterval: interval,
  scheduler: { wait: (delay: number, options?: Options) => wait(delay, undefined, options), yield: () => immediate(undefined) },
};

// `util.promisify(setTimeout)` gives these.
Object.defineProperty(setTimeout, custom, { value: wait, configurable: true, writable: true });
Object.defineProperty(setImmediate, custom, { value: immediate, configurable: true, writable: true });

export default { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, promises };
