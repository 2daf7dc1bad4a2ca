/** Blobs, forms and the web's streams, which are loaded where a function names them. */
interface BlobOptions {
  type?: string;
  endings?: 'transparent' | 'native';
}
type BlobPart = string | ArrayBuffer | ArrayBufferView | Blob;
declare class Blob {
  constructor(parts?: Iterable<BlobPart>, options?: BlobOptions | null);
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
  slice(start?: number, end?: number, type?: string): Blob;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}
declare class File extends Blob {
  constructor(parts: Iterable<BlobPart>, name: string, options?: BlobOptions & { lastModified?: number });
  readonly name: string;
  readonly lastModified: number;
}

/** The web's forms, and those of the package `form-data`. */
declare class FormData {
  append(name: string, value: any, options?: string | { filename?: string; contentType?: string; [option: string]: any }): void;
  set(name: string, value: any, options?: any): void;
  delete(name: string): void;
  get(name: string): any;
  getAll(name: string): any[];
  has(name: string): boolean;
  forEach(callback: (value: any, name: string, form: FormData) => void, thisArg?: any): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<any>;
  entries(): IterableIterator<[string, any]>;
  [Symbol.iterator](): IterableIterator<[string, any]>;
  getBoundary(): string;
  setBoundary(boundary: string): void;
  getHeaders(more?: Record<string, string>): Record<string, string>;
  getBuffer(): Buffer;
  getLengthSync(): number;
}

interface QueuingStrategy<T = any> {
  highWaterMark?: number;
  size?(chunk: T): number;
}
declare class ByteLengthQueuingStrategy implements QueuingStrategy<ArrayBufferView> {
  constructor(init: { highWaterMark: number });
  readonly highWaterMark: number;
  size(chunk: ArrayBufferView): number;
}
declare class CountQueuingStrategy implements QueuingStrategy {
  constructor(init: { highWaterMark: number });
  readonly highWaterMark: number;
  size(chunk: any): number;
}

declare class ReadableStreamDefaultController<T = any> {
  readonly desiredSize: number | null;
  enqueue(chunk?: T): void;
  close(): void;
  error(reason?: any): void;
}
declare class ReadableByteStreamController {
  readonly byobRequest: ReadableStreamBYOBRequest | null;
  readonly desiredSize: number | null;
  enqueue(chunk: ArrayBufferView): void;
  close(): void;
  error(reason?: any): void;
}
declare class ReadableStreamBYOBRequest {
  readonly view: ArrayBufferView | null;
  respond(bytesWritten: number): void;
  respondWithNewView(view: ArrayBufferView): void;
}
declare class ReadableStreamDefaultReader<T = any> {
  constructor(stream: ReadableStream<T>);
  readonly closed: Promise<void>;
  read(): Promise<{ done: false; value: T } | { done: true; value?: undefined }>;
  releaseLock(): void;
  cancel(reason?: any): Promise<void>;
}
declare class ReadableStreamBYOBReader {
  constructor(stream: ReadableStream);
  readonly closed: Promise<void>;
  read<V extends ArrayBufferView>(view: V): Promise<{ done: boolean; value?: V }>;
  releaseLock(): void;
  cancel(reason?: any): Promise<void>;
}
declare class ReadableStream<T = any> {
  constructor(
    source?: {
      type?: 'bytes';
      start?(controller: any): unknown;
      pull?(controller: any): unknown;
      cancel?(reason?: any): unknown;
    },
    strategy?: QueuingStrategy<T>,
  );
  static from<T>(items: Iterable<T> | AsyncIterable<T>): ReadableStream<T>;
  readonly locked: boolean;
  cancel(reason?: any): Promise<void>;
  getReader(): ReadableStreamDefaultReader<T>;
  getReader(options: { mode: 'byob' }): ReadableStreamBYOBReader;
  pipeThrough<R>(through: { readable: ReadableStream<R>; writable: WritableStream<T> }, options?: object): ReadableStream<R>;
  pipeTo(to: WritableStream<T>, options?: object): Promise<void>;
  tee(): [ReadableStream<T>, ReadableStream<T>];
  values(options?: { preventCancel?: boolean }): AsyncIterableIterator<T>;
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
}
declare class WritableStreamDefaultController {
  readonly signal: AbortSignal;
  error(reason?: any): void;
}
declare class WritableStreamDefaultWriter<T = any> {
  constructor(stream: WritableStream<T>);
  readonly closed: Promise<void>;
  readonly ready: Promise<void>;
  readonly desiredSize: number | null;
  write(chunk?: T): Promise<void>;
  close(): Promise<void>;
  abort(reason?: any): Promise<void>;
  releaseLock(): void;
}
declare class WritableStream<T = any> {
  constructor(
    sink?: {
      start?(controller: WritableStreamDefaultController): unknown;
      write?(chunk: T, controller: WritableStreamDefaultController): unknown;
      close?(): unknown;
      abort?(reason?: any): unknown;
    },
    strategy?: QueuingStrategy<T>,
  );
  readonly locked: boolean;
  getWriter(): WritableStreamDefaultWriter<T>;
  close(): Promise<void>;
  abort(reason?: any): Promise<void>;
}
declare class TransformStreamDefaultController<O = any> {
  readonly desiredSize: number | null;
  enqueue(chunk?: O): void;
  error(reason?: any): void;
  terminate(): void;
}
declare class TransformStream<I = any, O = any> {
  constructor(
    transformer?: {
      start?(controller: TransformStreamDefaultController<O>): unknown;
      transform?(chunk: I, controller: TransformStreamDefaultController<O>): unknown;
      flush?(controller: TransformStreamDefaultController<O>): unknown;
    },
    writable?: QueuingStrategy<I>,
    readable?: QueuingStrategy<O>,
  );
  readonly readable: ReadableStream<O>;
  readonly writable: WritableStream<I>;
}
declare class TextEncoderStream extends TransformStream<string, Uint8Array<ArrayBuffer>> {
  readonly encoding: string;
}
declare class TextDecoderStream extends TransformStream<ArrayBuffer | ArrayBufferView, string> {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
}
