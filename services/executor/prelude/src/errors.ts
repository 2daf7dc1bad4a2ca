/** The errors by which a function says what shall become of its event, and those of `fetch`. */
import { define } from './define.ts';

export class EventNotSupported extends Error {}
export class InvalidEventPayload extends Error {}
export class ValidationError extends Error {}
export class RetryError extends Error {}
export class DropEvent extends Error {}

/** An aborted request, as node-fetch 2 reports it. */
export class AbortError extends Error {
  type = 'aborted';
}

/** A request that failed, or an answer that is not JSON, as node-fetch 2 reports it. */
export class FetchError extends Error {
  type: string;
  declare code?: string;
  declare errno?: string;

  constructor(message: string, type: string, system?: { code?: string }) {
    super(message);
    this.type = type;
    if (system?.code) this.code = this.errno = system.code;
  }
}

const { apply } = Reflect;
const tenants = { EventNotSupported, InvalidEventPayload, ValidationError, RetryError, DropEvent };

for (const [name, type] of Object.entries({ ...tenants, AbortError, FetchError })) {
  define(type.prototype, { name }); // on the prototype, so that the console shows no `name` among the fields
}

/** Makes an error anew from its name and message. */
export function errorNamed(name: string, message: string): Error {
  const own = PROTOTYPES.find((each) => each.name === name)?.prototype.constructor as (new (text: string) => Error) | undefined;
  return own ? new own(message) : Object.defineProperty(new Error(message), 'name', { value: name, writable: true, configurable: true });
}

const { isPrototypeOf } = Object.prototype;
const PROTOTYPES = Object.entries(tenants).map(([name, type]) => ({ name, prototype: type.prototype }));

/** Gives the name of the class above that something thrown is an instance of, or an empty text. Never throws. */
export function ownClassOf(thrown: unknown): string {
  try {
    for (let i = 0; i < PROTOTYPES.length; i++) {
      const { name, prototype } = PROTOTYPES[i]!;
      if (apply(isPrototypeOf, prototype, [thrown])) return name;
    }
  } catch {
    // A proxy that answers no questions is none of ours.
  }
  return '';
}

/** An error as Node's own modules throw it: with a `code` to tell it by. */
export function codedError(type: new (message: string) => Error, code: string, message: string): Error {
  const error = new type(message);
  return Object.assign(error, { code });
}

const nativeStack = Object.getOwnPropertyDescriptor(Error.prototype, 'stack')!;
const errorText = Error.prototype.toString;

/** Puts the error's name and message before its frames, where authors look for them. */
function stackWithHead(this: Error): unknown {
  const frames: unknown = apply(nativeStack.get!, this, []);
  return typeof frames === 'string' ? `${apply(errorText, this, [])}\n${frames}` : frames;
}

/** Takes from the frames that `Error.prepareStackTrace` gets the way to the functions of this runtime. */
function hideFunctions(): void {
  const { prepareStackTrace } = Error as any;
  (Error as any).prepareStackTrace = (_error: unknown, sites: object[]) => sites;
  const [site] = new Error().stack as unknown as object[];
  delete (Object.getPrototypeOf(site) as { getFunction?: unknown }).getFunction;
  (Error as any).prepareStackTrace = prepareStackTrace;
}

export function install(target: typeof globalThis): void {
  hideFunctions();
  Object.defineProperty(Error.prototype, 'stack', { ...nativeStack, get: stackWithHead });
  define(target, tenants);
}
