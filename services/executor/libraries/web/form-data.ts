/**
 * `FormData`: the npm package form-data's methods and the web's in one class.
 *
 * It is an async iterable of its bytes, which is what `fetch` and Node's streams read; `getBuffer` gives them at once
 * unless a value is a stream.
 */
import { internals } from '../internals.ts';
import { Blob, blobBytes, File } from './blob.ts';
import { typeOfName } from './media-types.ts';

const { bufferOf, Buffer, define, hostCall } = internals;
type Bytes = InstanceType<typeof Buffer>;

interface Options {
  filename?: string;
  filepath?: string;
  contentType?: string;
  knownLength?: number;
  header?: string | Record<string, string>;
}

interface Field {
  name: string;
  value: unknown;
  options: Options;
}

const BREAK = '\r\n';
const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** No name may end the line or the quotes that it stands in. */
const quoted = (text: string) => text.replace(/[\r\n"]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

function fileName({ value, options }: Field): string | undefined {
  if (options.filepath !== undefined) return String(options.filepath).replaceAll('\\', '/');
  const given = options.filename ?? (value as { name?: unknown } | null)?.name ?? (value as { path?: unknown } | null)?.path;
  if (typeof given === 'string') return given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
  return value instanceof Blob ? 'blob' : undefined;
}

function contentType(field: Field): string | undefined {
  const { value, options } = field;
  const name = fileName(field);
  const known = options.contentType || (value instanceof Blob && value.type) || (name !== undefined && typeOfName(name));
  return known || (typeof value === 'object' || name !== undefined ? 'application/octet-stream' : undefined);
}

function headOf(field: Field, boundary: string): string {
  const { header } = field.options;
  if (typeof header === 'string') return header;
  const name = fileName(field);
  const type = contentType(field);
  const lines: Record<string, string | undefined> = {
    'Content-Disposition': `form-data; name="${quoted(field.name)}"${name === undefined ? '' : `; filename="${quoted(name)}"`}`,
    'Content-Type': type,
    ...header,
  };
  const shown = Object.entries(lines).filter(([, value]) => value !== undefined);
  return `--${boundary}${BREAK}${shown.map(([key, value]) => `${key}: ${value}${BREAK}`).join('')}${BREAK}`;
}

function bytesIn(value: unknown): Bytes {
  if (value instanceof Blob) return Buffer.from(blobBytes(value));
  return bufferOf(value) ?? Buffer.from(String(value));
}

function optionsOf(options: unknown): Options {
  return typeof options === 'string' ? { filename: options } : { ...(options as Options | undefined) };
}

/** What the web's methods give for a value: texts and files; anything else is what was appended. */
function webValue({ value, options }: Field): unknown {
  if (!(value instanceof Blob)) return typeof value === 'object' ? value : String(value);
  if (value instanceof File && options.filename === undefined) return value;
  return new File([value], options.filename ?? 'blob', { type: value.type });
}

export class FormData {
  #fields: Field[] = [];
  #boundary = '';

  append(name: unknown, value: unknown, options?: unknown): void {
    if (Array.isArray(value)) throw new Error('Arrays are not supported.');
    this.#fields.push({ name: String(name), value, options: optionsOf(options) });
  }

  set(name: unknown, value: unknown, options?: unknown): void {
    const at = this.#fields.findIndex((field) => field.name === String(name));
    const rest = this.#fields.filter((field) => field.name !== String(name));
    const field = { name: String(name), value, options: optionsOf(options) };
    this.#fields = at < 0 ? [...rest, field] : rest.toSpliced(at, 0, field);
  }

  delete(name: unknown): void {
    this.#fields = this.#fields.filter((field) => field.name !== String(name));
  }

  get(name: unknown): unknown {
    const found = this.#fields.find((field) => field.name === String(name));
    return found ? webValue(found) : null;
  }

  getAll(name: unknown): unknown[] {
    return this.#fields.filter((field) => field.name === String(name)).map(webValue);
  }

  has(name: unknown): boolean {
    return this.#fields.some((field) => field.name === String(name));
  }

  *entries(): Generator<[string, unknown]> {
    for (const field of this.#fields) yield [field.name, webValue(field)];
  }

  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<unknown> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(callback: (value: unknown, name: string, form: FormData) => void, thisArg?: unknown): void {
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this);
  }

  getBoundary(): string {
    if (this.#boundary === '') {
      const random = Buffer.from(hostCall('random_bytes', { length: 12 }) as string, 'base64');
      this.#boundary = `--------------------------${random.toString('hex')}`;
    }
    return this.#boundary;
  }

  setBoundary(boundary: unknown): void {
    this.#boundary = String(boundary);
  }

  getHeaders(more: Record<string, string> = {}): Record<string, string> {
    const own = { 'content-type': `multipart/form-data; boundary=${this.getBoundary()}` };
    return Object.assign(own, Object.fromEntries(Object.entries(more).map(([name, value]) => [name.toLowerCase(), value])));
  }

  /** All bytes at once. Throws a TypeError where a value is a stream, whose bytes have to be waited for. */
  getBuffer(): Bytes {
    const parts = this.#fields.flatMap((field) => {
      if (isStream(field.value)) throw new TypeError(`The value of ${field.name} is a stream`);
      return [Buffer.from(headOf(field, this.getBoundary())), bytesIn(field.value), Buffer.from(BREAK)];
    });
    return Buffer.concat([...parts, this.#end()]);
  }

  hasKnownLength(): boolean {
    return !this.#fields.some(({ value }) => isStream(value));
  }

  getLengthSync(): number {
    return this.getBuffer().length;
  }

  getLength(callback: (error: unknown, length?: number) => void): void {
    Promise.resolve().then(() => this.getLengthSync()).then((length) => callback(null, length), callback);
  }

  pipe<T extends { write(chunk: unknown): unknown; end(): unknown }>(target: T): T {
    void this.#pour(target);
    return target;
  }

  /** For callers that take this for a stream; it has no events of its own. */
  on(): this {
    return this;
  }

  once(): this {
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes> {
    for (const field of this.#fields) {
      yield Buffer.from(headOf(field, this.getBoundary()));
      if (isStream(field.value)) for await (const chunk of field.value) yield bytesIn(chunk);
      else yield bytesIn(field.value);
      yield Buffer.from(BREAK);
    }
    yield this.#end();
  }

  declare [Symbol.iterator]: () => Generator<[string, unknown]>;

  #end(): Bytes {
    return Buffer.from(`--${this.getBoundary()}--${BREAK}`);
  }

  async #pour(target: { write(chunk: unknown): unknown; end(): unknown }): Promise<void> {
    for await (const chunk of this) target.write(chunk);
    target.end();
  }
}

define(FormData.prototype, { [Symbol.iterator]: FormData.prototype.entries, [Symbol.toStringTag]: 'FormData' });
