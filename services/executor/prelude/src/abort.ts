/** `AbortController` and `AbortSignal`, with as much of events as they need. */
import { define } from './define.ts';
import { codedError } from './errors.ts';
import { setTimeout } from './timers.ts';

type Listener = ((event: { type: 'abort'; target: AbortSignal }) => unknown) | { handleEvent(event: object): unknown };

type Handler = ((this: AbortSignal, event: object) => unknown) | null;

/** Node's class cannot be made by callers. */
const MADE_HERE = Symbol('made by a controller');

let abort: (signal: AbortSignal, reason: unknown) => void;

export class AbortSignal {
  #onabort: Handler = null;
  #aborted = false;
  #reason: unknown;
  #listeners: { listener: Listener; once: boolean }[] = [];

  static {
    abort = (signal, reason) => signal.#abort(reason);
  }

  constructor(key?: unknown) {
    if (key !== MADE_HERE) throw codedError(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(MADE_HERE);
    signal.#abort(reason);
    return signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal(MADE_HERE);
    setTimeout(
      () => signal.#abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      delayMs,
    );
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const result = new AbortSignal(MADE_HERE);
    for (const signal of signals) {
      if (signal.aborted) result.#abort(signal.reason);
      else signal.addEventListener('abort', () => result.#abort(signal.reason), { once: true });
    }
    return result;
  }

  get onabort(): Handler {
    return this.#onabort;
  }

  /** Runs in its turn among the listeners: where it was first set. */
  set onabort(handler: unknown) {
    if (this.#onabort === null) this.addEventListener('abort', this.#callHandler);
    this.#onabort = typeof handler === 'function' ? (handler as Handler) : null;
  }

  readonly #callHandler = (event: object) => this.#onabort?.(event);

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(type: string, listener: Listener | null, options?: boolean | { once?: boolean }): void {
    if (type !== 'abort' || !listener || this.#listeners.some((each) => each.listener === listener)) return;
    this.#listeners.push({ listener, once: typeof options === 'object' && Boolean(options?.once) });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (type === 'abort') this.#listeners = this.#listeners.filter((each) => each.listener !== listener);
  }

  #abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = listeners.filter((each) => !each.once);
    const event = { type: 'abort' as const, target: this };
    for (const { listener } of listeners) {
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    }
  }
}

export class AbortController {
  readonly signal = new AbortSignal(MADE_HERE);

  abort(reason?: unknown): void {
    abort(this.signal, reason);
  }
}

for (const type of [AbortController, AbortSignal]) define(type.prototype, { [Symbol.toStringTag]: type.name });

export function install(target: typeof globalThis): void {
  define(target, { AbortController, AbortSignal });
}
