/** `events`: the npm package with what Node has added since. */
import type { AbortSignal } from '../../prelude/src/abort.ts';
import EventEmitter from 'events/events.js';
import { codedError, internals } from './internals.ts';

const errorMonitor = Symbol('events.errorMonitor');
const captureRejectionSymbol = Symbol.for('nodejs.rejection');
const plainEmit = EventEmitter.prototype.emit;

type Listener = (...args: any[]) => unknown;
type Emitter = InstanceType<typeof EventEmitter>;

/** Those who only watch hear of an error first, and do not count as handling it. */
function emit(this: Emitter, type: string | symbol, ...args: unknown[]): boolean {
  if (type === 'error' && this._events?.[errorMonitor]) plainEmit.call(this, errorMonitor, ...args);
  if (type === 'error' && !this._events?.error && !(args[0] instanceof Error)) throw unhandled(args[0]);
  return plainEmit.call(this, type, ...args);
}

function unhandled(context: unknown): Error {
  const error = codedError(Error, 'ERR_UNHANDLED_ERROR', `Unhandled error. (${internals.inspect(context)})`);
  return Object.assign(error, { context });
}

function abortError(signal: AbortSignal): Error {
  const error = codedError(Error, 'ABORT_ERR', 'The operation was aborted');
  return Object.defineProperty(Object.assign(error, { name: 'AbortError' }), 'cause', {
    value: signal.reason,
    configurable: true,
    writable: true,
  });
}

function addAbortListener(signal: AbortSignal, listener: Listener): { [key: symbol]: () => void } {
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener('abort', listener, { once: true });
  const dispose = (Symbol as unknown as { dispose: symbol }).dispose ?? Symbol.for('nodejs.dispose');
  return { [dispose]: () => signal.removeEventListener('abort', listener) };
}

/** The arguments of the next event of a name; rejects with an error of the emitter or an abort that comes before. */
function once(emitter: Emitter, name: string | symbol, { signal }: { signal?: AbortSignal } = {}): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal));
    const stop = () => {
      emitter.removeListener(name, take);
      emitter.removeListener('error', fail);
      signal?.removeEventListener('abort', onAbort);
    };
    const take = (...args: unknown[]) => (stop(), resolve(args));
    const fail = (error: unknown) => (stop(), reject(error));
    const onAbort = () => fail(abortError(signal!));
    emitter.on(name, take);
    if (name !== 'error') emitter.on('error', fail);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The events of a name as they come, for `for await`; ends with an error of the emitter or an abort. */
async function* on(emitter: Emitter, name: string | symbol, options?: { signal?: AbortSignal }) {
  const signal = options?.signal;
  if (signal?.aborted) throw abortError(signal);
  const queue: unknown[][] = [];
  let failure: { error: unknown } | null = null;
  let wake = () => {};
  const take = (...args: unknown[]) => {
    queue.push(args);
    wake();
  };
  const fail = (error: unknown) => {
    failure = { error };
    wake();
  };
  const onAbort = () => fail(abortError(signal!));
  emitter.on(name, take);
  if (name !== 'error') emitter.on('error', fail);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (failure) throw (failure as { error: unknown }).error;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    emitter.removeListener(name, take);
    emitter.removeListener('error', fail);
    signal?.removeEventListener('abort', onAbort);
  }
}

EventEmitter.prototype.emit = emit;
for (const name of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener', 'removeListener', 'off']) {
  const plain = (EventEmitter.prototype as any)[name] as Listener;
  internals.define(EventEmitter.prototype, {
    [name](this: Emitter, type: unknown, listener: unknown) {
      if (typeof listener !== 'function') throw internals.checks.invalidType('listener', 'Function', listener);
      return plain.call(this, type, listener);
    },
  });
}
Object.assign(EventEmitter, {
  once,
  on,
  errorMonitor,
  captureRejectionSymbol,
  captureRejections: false,
  usingDomains: false,
  addAbortListener,
  getEventListeners: (emitter: Emitter, name: string | symbol) => emitter.listeners(name),
  getMaxListeners: (emitter: Emitter) => emitter.getMaxListeners(),
  setMaxListeners(count?: number, ...emitters: Emitter[]) {
    for (const emitter of emitters) emitter.setMaxListeners?.(count ?? EventEmitter.defaultMaxListeners);
    if (emitters.length === 0 && count !== undefined) EventEmitter.defaultMaxListeners = count;
  },
  EventEmitterAsyncResource: class EventEmitterAsyncResource extends EventEmitter {},
});

export { abortError };
export default EventEmitter;
