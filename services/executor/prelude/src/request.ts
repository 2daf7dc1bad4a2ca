/** The `request` of `onRequest(request, settings)`: synchronous, and parsed only as far as the function looks. */
import { type Headers, headersThatCame } from './headers.ts';
import { showAs } from './inspect.ts';
import { URL, URLSearchParams } from './url.ts';

/** A web request as the host hands it over; `url` is absolute. */
export interface RequestRecord {
  method: string;
  url: string;
  headers: Record<string, string | string[]> | [string, string][];
  body: unknown;
}

const { parse, stringify } = JSON;
const FORM = 'application/x-www-form-urlencoded';

function formFields(text: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const old = Object.hasOwn(fields, name) ? fields[name]! : undefined;
    const merged = old === undefined ? value : [old, value].flat();
    Object.defineProperty(fields, name, { value: merged, writable: true, enumerable: true, configurable: true });
  }
  return fields;
}

/** A name that occurs several times has its values joined by a comma alone, as functions at Segment see them. */
function joined(headers: RequestRecord['headers']): Record<string, string> {
  const all: Record<string, string> = Object.create(null);
  for (const [name, value] of Array.isArray(headers) ? headers : Object.entries(headers)) {
    const key = name.toLowerCase();
    all[key] = key in all ? `${all[key]},${value}` : `${value}`;
  }
  return all;
}

class ServerRequest {
  readonly #record: RequestRecord;
  #headers?: Headers;
  #url?: URL;
  #json: unknown;

  constructor(record: RequestRecord) {
    this.#record = record;
    if (typeof record.body !== 'string') this.#json = record.body ?? undefined;
  }

  get method(): string {
    return this.#record.method;
  }

  get url(): URL {
    return (this.#url ??= new URL(this.#record.url));
  }

  get headers(): Headers {
    return (this.#headers ??= headersThatCame(joined(this.#record.headers)));
  }

  /** The parsed body, the same object at every call. */
  json(): unknown {
    return (this.#json ??= this.#parse());
  }

  /** The body as it came. */
  text(): string {
    const { body } = this.#record;
    return typeof body === 'string' ? body : body === null ? '' : (stringify(body) ?? '');
  }

  #parse(): unknown {
    const type = this.headers.get('content-type') ?? '';
    const isForm = type.split(';', 1)[0]!.trim().toLowerCase() === FORM;
    return isForm ? formFields(this.text()) : parse(this.text());
  }
}

showAs(ServerRequest, (request) => {
  const { method, url, headers } = request;
  return { method, url: url.href, headers, body: request.text() };
});

export function makeRequest(record: RequestRecord): ServerRequest {
  return new ServerRequest(record);
}
