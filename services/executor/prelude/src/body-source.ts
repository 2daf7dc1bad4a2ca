/** What callers may give as a body: told apart by what it can do, so that classes of libraries count too. */
import { Buffer, bufferOf } from './buffer.ts';
import { URLSearchParams } from './url.ts';

/** What has to be waited for; read once, and shared by the clones of a body. */
export class Stream {
  /** As the caller gave it. */
  readonly source: unknown;
  #bytes: Promise<Buffer> | null = null;

  constructor(source: unknown) {
    this.source = source;
  }

  bytes(): Promise<Buffer> {
    return (this.#bytes ??= collected(this.source));
  }
}

export type Content = string | Uint8Array | Stream | null;

type Emitter = { on(name: string, listener: (value: any) => void): unknown; resume?(): unknown };
type Form = { getBoundary(): string; getBuffer?(): Uint8Array };

const can = (value: object, ...names: string[]) =>
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
const isBlob = (value: object): value is Blob =>
  can(value, 'arrayBuffer', 'stream') && typeof (value as Blob).type === 'string';
const isForm = (value: object): value is Form => can(value, 'getBoundary');
const isEmitter = (value: object): value is Emitter => can(value, 'on', 'pipe');
const isWaitedFor = (value: object) => Symbol.asyncIterator in value || isEmitter(value) || can(value, 'getReader');
const isParams = (value: object) =>
  value instanceof URLSearchParams || (can(value, 'append', 'getAll', 'sort') && `${value}` !== '[object Object]');

interface Blob {
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The content of a body as callers may give it, and the content type that it implies. */
export function contentOf(init: unknown): [content: Content, type: string | null] {
  if (init === undefined || init === null) return [null, null];
  const bytes = bufferOf(init);
  if (bytes) return [bytes, null];
  if (typeof init !== 'object') return [String(init), 'text/plain;charset=UTF-8'];
  if (isParams(init)) return [`${init}`, 'application/x-www-form-urlencoded;charset=UTF-8'];
  if (isBlob(init)) return [new Stream(init), init.type || null];
  if (isForm(init)) return [new Stream(init), `multipart/form-data;boundary=${init.getBoundary()}`];
  return isWaitedFor(init) ? [new Stream(init), null] : [String(init), 'text/plain;charset=UTF-8'];
}

async function collected(source: unknown): Promise<Buffer> {
  const value = source as object;
  if (isBlob(value)) return Buffer.from(await value.arrayBuffer());
  // Not where it holds streams, which it cannot give at once.
  if (isForm(value) && !isWaitedFor(value) && value.getBuffer) return Buffer.from(value.getBuffer());
  return Buffer.concat(await (Symbol.asyncIterator in value ? iterated(value as AsyncIterable<unknown>) : pushed(value)));
}

async function iterated(source: AsyncIterable<unknown>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunkOf(chunk));
  return chunks;
}

function chunkOf(chunk: unknown): Buffer {
  return bufferOf(chunk) ?? Buffer.from(String(chunk));
}

function pushed(source: object): Promise<Buffer[]> {
  return isEmitter(source) ? emitted(source) : read(source as ReadableStream);
}

function emitted(source: Emitter): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    source.on('data', (chunk) => chunks.push(chunkOf(chunk)));
    source.on('end', () => resolve(chunks));
    source.on('error', reject);
    source.resume?.();
  });
}

interface ReadableStream {
  getReader(): { read(): Promise<{ done: boolean; value?: unknown }> };
}

async function read(source: ReadableStream): Promise<Buffer[]> {
  const reader = source.getReader();
  const chunks: Buffer[] = [];
  for (let step; !(step = await reader.read()).done;) chunks.push(chunkOf(step.value));
  return chunks;
}
