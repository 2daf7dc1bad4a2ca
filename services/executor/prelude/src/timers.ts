/**
 * `setTimeout`, `setInterval`, `setImmediate`: the host keeps the time, the callbacks stay here.
 *
 * A callback that throws ends the run: the error goes to the handler that `onUncaught` has set, without one it counts
 * as an unhandled rejection.
 */
import { invalidType } from './arguments.ts';
import { define } from './define.ts';
import { ask, cancel } from './host.ts';

type Callback = (...args: unknown[]) => unknown;

const { Map } = globalThis; // as it is before any author's code: a reset must not fail
const MAX_DELAY_MS = 2 ** 31 - 1;
let running = new Map<number, Timeout>();
let lastId = 0;
let forgottenId = 0;
let uncaught = (error: unknown): void => void Promise.reject(error);

/** Sets what receives an error thrown by a timer's callback. */
export function onUncaught(handler: (error: unknown) => void): void {
  uncaught = handler;
}

/** Has an error end the run that nobody else can take: one thrown in a callback. */
export function throwUncaught(error: unknown): void {
  uncaught(error);
}

/** What `setTimeout` returns: Node's class, as far as it means something where nothing runs after the handler. */
class Timeout {
  readonly #id = ++lastId;
  readonly #callback: Callback;
  readonly #args: unknown[];
  readonly #delayMs: number;
  readonly #repeats: boolean;
  #requestId = 0;
  #isRef = true;

  constructor(callback: unknown, delay: unknown, args: unknown[], repeats: boolean) {
    if (typeof callback !== 'function') throw invalidType('callback', 'function', callback);
    this.#callback = callback as Callback;
    this.#args = args;
    const delayMs = Math.trunc(Number(delay));
    this.#delayMs = delayMs >= 1 && delayMs <= MAX_DELAY_MS ? delayMs : 1;
    this.#repeats = repeats;
    this.refresh();
  }

  refresh(): this {
    this.close();
    running.set(this.#id, this);
    const record = { id: 0, delay_ms: this.#delayMs };
    ask('timer', record).then(() => this.#fire(record.id), uncaught);
    this.#requestId = record.id;
    return this;
  }

  close(): this {
    if (running.delete(this.#id)) cancel(this.#requestId);
    return this;
  }

  ref(): this {
    this.#isRef = true;
    return this;
  }

  /** Nothing waits for a timer alone, so that this changes what `hasRef` says and no more. */
  unref(): this {
    this.#isRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#isRef && running.has(this.#id);
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }

  #fire(requestId: number): void {
    if (requestId !== this.#requestId || !running.delete(this.#id)) return;
    try {
      if (this.#repeats) this.refresh();
      this.#callback(...this.#args);
    } catch (error) {
      uncaught(error);
    }
  }
}

class Immediate extends Timeout {}

function clear(timer: unknown): void {
  if (timer instanceof Timeout) timer.close();
  else running.get(Number(timer))?.close();
}

const setTimeout = (callback: unknown, delay?: unknown, ...args: unknown[]) =>
  new Timeout(callback, delay, args, false);
const setInterval = (callback: unknown, delay?: unknown, ...args: unknown[]) =>
  new Timeout(callback, delay, args, true);
const setImmediate = (callback: unknown, ...args: unknown[]) => new Immediate(callback, 0, args, false);

export { clear, setTimeout };

/** Forgets all timers: none outlives its event, with which the host has dropped its part of them. */
export function reset(): void {
  if (lastId === forgottenId) return;
  forgottenId = lastId;
  running = new Map();
}

const { queueMicrotask: nativeQueue } = globalThis;

function queueMicrotask(callback?: unknown): void {
  if (typeof callback !== 'function') throw invalidType('callback', 'function', callback);
  nativeQueue(callback as () => void);
}

export function install(target: typeof globalThis): void {
  define(target, {
    queueMicrotask,
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout: (timer: unknown) => clear(timer),
    clearInterval: (timer: unknown) => clear(timer),
    clearImmediate: (timer: unknown) => clear(timer),
  });
}
