/** `AbortController` and `AbortSignal`, with as much of events as they need. */
import { define } from './define.ts';
import { setTimeout } from './timers.ts';

type Listener = ((event: { type: 'abort'; target: AbortSignal }) => unknown) | { handleEvent(event: object): unknown };

let abort: (signal: AbortSignal, reason: unknown) => void;

export class AbortSignal {
  onabort: Listener | null = null;
  #aborted = false;
  #reason: unknown;
  #listeners: { listener: Listener; once: boolean }[] = [];

  static {
    abort = (signal, reason) => signal.#abort(reason);
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal();
    signal.#abort(reason);
    return signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal();
    setTimeout(
      () => signal.#abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      delayMs,
    );
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const result = new AbortSignal();
    for (const signal of signals) {
      if (signal.aborted) result.#abort(signal.reason);
      else signal.addEventListener('abort', () => result.#abort(signal.reason), { once: true });
    }
    return result;
  }

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
    for (const listener of [this.onabort, ...listeners.map((each) => each.listener)]) {
      if (typeof listener === 'function') listener.call(this, event);
      else listener?.handleEvent(event);
    }
  }
}

export class AbortController {
  readonly signal = new AbortSignal();

  abort(reason?: unknown): void {
    abort(this.signal, reason);
  }
}

export function install(target: typeof globalThis): void {
  define(target, { AbortController, AbortSignal });
}
