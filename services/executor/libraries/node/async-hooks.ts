/**
 * `async_hooks` as far as it is honest: the engine tells nothing of promises, so a store is there while the code that
 * `run` calls is running, and in callbacks bound to it, but not after an `await`.
 */

type Callback = (...args: any[]) => any;

/** The stores of the code that is running now. */
let current: ReadonlyMap<object, unknown> = new Map();

function runWith<T>(stores: ReadonlyMap<object, unknown>, callback: () => T): T {
  const before = current;
  current = stores;
  try {
    return callback();
  } finally {
    current = before;
  }
}

function bound<F extends Callback>(callback: F): F {
  const stores = current;
  return function (this: unknown, ...args: unknown[]) {
    return runWith(stores, () => Reflect.apply(callback, this, args));
  } as F;
}

class AsyncLocalStorage {
  static bind = bound;
  static snapshot = () => bound((callback: Callback, ...args: unknown[]) => callback(...args));

  getStore(): unknown {
    return current.get(this);
  }

  run<T>(store: unknown, callback: (...args: any[]) => T, ...args: unknown[]): T {
    return runWith(new Map([...current, [this, store]]), () => callback(...args));
  }

  exit<T>(callback: (...args: any[]) => T, ...args: unknown[]): T {
    return this.run(undefined, callback, ...args);
  }

  enterWith(store: unknown): void {
    current = new Map([...current, [this, store]]);
    // It would last for what follows; nothing tells where that ends but the end of the running code.
    queueMicrotask(() => this.disable());
  }

  disable(): void {
    if (!current.has(this)) return;
    const left = new Map(current);
    left.delete(this);
    current = left;
  }
}

class AsyncResource {
  static bind = bound;
  readonly #run = bound((callback: Callback) => callback());
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }

  runInAsyncScope<T>(callback: (...args: any[]) => T, thisArg?: unknown, ...args: unknown[]): T {
    return this.#run(() => Reflect.apply(callback, thisArg, args)) as T;
  }

  bind<F extends Callback>(callback: F): F {
    return ((...args: unknown[]) => this.runInAsyncScope(callback, undefined, ...args)) as F;
  }

  emitDestroy(): this {
    return this;
  }

  asyncId(): number {
    return 0;
  }

  triggerAsyncId(): number {
    return 0;
  }
}

const hook = { enable: () => hook, disable: () => hook };

export default {
  AsyncLocalStorage,
  AsyncResource,
  createHook: () => hook,
  executionAsyncId: () => 0,
  triggerAsyncId: () => 0,
  executionAsyncResource: () => ({}),
};
