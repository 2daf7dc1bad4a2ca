/** The npm packages, which bring no types of their own, as far as they are used, and the globals of the prelude. */
declare const console: Record<'log' | 'warn' | 'error', (...args: unknown[]) => void>;

declare module 'readable-stream/lib/stream/promises.js';
declare module 'path-browserify';
declare module 'punycode/punycode.js';
declare module 'string_decoder/lib/string_decoder.js';
declare module 'url/url.js';
declare module 'events/events.js' {
  class EventEmitter {
    static defaultMaxListeners: number;
    static once(emitter: EventEmitter, name: string | symbol): Promise<unknown[]>;
    _events?: Record<string | symbol, unknown>;
    emit(type: string | symbol, ...args: unknown[]): boolean;
    on(type: string | symbol, listener: (...args: any[]) => unknown): this;
    once(type: string | symbol, listener: (...args: any[]) => unknown): this;
    removeListener(type: string | symbol, listener: (...args: any[]) => unknown): this;
    listeners(type: string | symbol): unknown[];
    getMaxListeners(): number;
    setMaxListeners(count: number): this;
  }
  export default EventEmitter;
}
declare module 'readable-stream/lib/stream.js' {
  import EventEmitter from 'events/events.js';

  type Done = (error?: unknown) => void;
  class Stream extends EventEmitter {
    static Readable: typeof Readable;
    static Writable: typeof Writable;
    static Duplex: typeof Duplex;
    static Transform: typeof Transform;
    static promises: unknown;
    constructor(options?: object);
    destroyed: boolean;
    destroy(error?: unknown): this;
    _destroy(error: unknown, done: Done): void;
    listenerCount(type: string): number;
  }
  class Readable extends Stream {
    readonly readableEnded: boolean;
    push(chunk: unknown): boolean;
    resume(): this;
    _read(): void;
  }
  class Writable extends Stream {
    readonly writableEnded: boolean;
    end(...args: unknown[]): this;
    _write(chunk: any, encoding: any, done: any): void;
    _final(done: Done): void;
  }
  class Duplex extends Writable {
    _read(): void;
    push(chunk: unknown): boolean;
  }
  class Transform extends Duplex {
    _transform(chunk: any, encoding: string, done: Done): void;
    _flush(done: Done): void;
  }
  export default Stream;
}
