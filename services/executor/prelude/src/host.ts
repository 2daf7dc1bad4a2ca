/**
 * The one place where the guest meets the host: what goes out is a record in an outbox, what comes in is an answer.
 *
 * Nothing here calls the host except `hostCall`: a record waits until the guest's code has returned, because a call
 * out of WebAssembly costs more than most handlers. Everything that is captured here was captured before an author's
 * code ran, so that code which replaces `JSON.parse` breaks itself alone.
 */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What the engine's builder leaves in the global object for the prelude to take; `main.ts` removes it. */
declare global {
  var __penstock_host: (text: string) => string;
  var __penstock_write: (value: unknown) => boolean;
}

const uncurry = <This, Args extends unknown[], Result>(method: (this: This, ...args: Args) => Result) =>
  Function.prototype.call.bind(method) as (self: This, ...args: Args) => Result;

/** Built-in functions as they were before any author's code. */
export const primordials = {
  parse: JSON.parse,
  stringify: JSON.stringify,
  apply: Reflect.apply,
  then: uncurry(Promise.prototype.then) as <T>(
    promise: Promise<T>,
    onFulfilled: (value: T) => unknown,
    onRejected?: (reason: unknown) => unknown,
  ) => Promise<unknown>,
  resolved: Promise.resolve.bind(Promise) as <T>(value: T) => Promise<Awaited<T>>,
  Promise,
  String,
  Error,
  create: Object.create,
  setPrototypeOf: Object.setPrototypeOf,
  exec: uncurry(RegExp.prototype.exec) as (pattern: RegExp, text: string) => RegExpExecArray | null,
  split: uncurry(String.prototype.split) as unknown as (text: string, separator: string) => string[],
  slice: uncurry(String.prototype.slice) as (text: string, from: number, to?: number) => string,
  indexOf: uncurry(String.prototype.indexOf) as (text: string, part: string, from: number) => number,
};

/** Writes a value as JSON where the host will look for what the handler returned; false if that takes `stringify`. */
export const write = globalThis.__penstock_write;

const { parse, stringify, slice } = primordials;
const { now: dateNow } = Date;
const { Uint32Array: Words, parseInt: toInteger } = globalThis;
const callHost = globalThis.__penstock_host;

/** Gives the object without its prototype: no setter and no `toJSON` that an author puts there reaches it. */
export function bare<T extends object>(value: T): T {
  return primordials.setPrototypeOf(value, null) as T;
}

const { getOwnPropertyDescriptor, deleteProperty, defineProperty, setPrototypeOf } = Reflect;
const SHARED = [Object.prototype, Array.prototype] as const;

/** Takes an author's `toJSON` away from what all objects or arrays share; gives it back to `restore`. */
function takeToJson(shared: object): PropertyDescriptor | undefined {
  const found = getOwnPropertyDescriptor(shared, 'toJSON');
  if (found !== undefined) deleteProperty(shared, 'toJSON');
  return found;
}

function restore(shared: object, found: PropertyDescriptor | undefined): void {
  if (found === undefined) return;
  setPrototypeOf(found, null);
  defineProperty(shared, 'toJSON', found);
}

/** Writes what is ours as JSON, whatever the author has done to the prototypes of objects and arrays. */
export function encode(value: unknown): string {
  const ofObjects = takeToJson(SHARED[0]);
  const ofArrays = takeToJson(SHARED[1]);
  try {
    return stringify(value);
  } finally {
    restore(SHARED[0], ofObjects);
    restore(SHARED[1], ofArrays);
  }
}

type Settle = { resolve: (answer: any) => void; reject: (reason: unknown) => void };

let nextId = 1;
let outbox: [kind: string, record: object][] = bare([]);
let pending: Record<number, Settle> = primordials.create(null);
let seedText = '';
let seedAt = 0;
let fresh = false;

function post(kind: string, record: object): void {
  fresh = true;
  outbox[outbox.length] = bare([kind, record]);
}

/**
 * Calls the host and waits for its answer: only for what JavaScript itself expects at once (hashes, random bytes).
 * Throws an Error with the host's text when the host refuses.
 */
export function hostCall(name: string, args: unknown): unknown {
  fresh = true;
  const answer = parse(callHost(encode({ name, args }))) as { value?: Json; error?: string };
  if (answer.error !== undefined) throw new primordials.Error(answer.error);
  return answer.value;
}

/** Posts a request to the host; `record.id` is set to a fresh id at once, the promise settles with the host's answer. */
export function ask(kind: 'fetch' | 'timer' | 'cache_load', record: object & { id?: number }): Promise<any> {
  const id = nextId++;
  record.id = id;
  post(kind, bare(record));
  return new primordials.Promise((resolve, reject) => {
    pending[id] = { resolve, reject };
  });
}

/** Withdraws a request: its promise never settles, the host drops what it was doing. */
export function cancel(id: number): void {
  if (pending[id] === undefined) return;
  delete pending[id];
  post('cancel', bare({ id }));
}

/** Hands a record to the host, which answers nothing. */
export function emit(kind: 'log' | 'message' | 'object', record: object): void {
  post(kind, kind === 'log' ? bare(record) : record);
}

/** Tells the host of the cache; nothing is answered. The record is `bare`. */
export function tell(kind: 'cache_store' | 'cache_fail' | 'cache_own' | 'cache_delete', record: object): void {
  post(kind, record);
}

/** What the host calls the state of the instance's cache: another text after each deletion. */
export function epoch(): string {
  fresh = true;
  return slice(seedText, seedAt + 32, seedAt + 44);
}

/** Time of the current entry in milliseconds since 1970; it stands still while the guest runs. */
export function now(): number {
  fresh = true;
  return dateNow();
}

/** Four random words that the host chose for this event. */
export function seed(): Uint32Array {
  fresh = true;
  const words = new Words(4);
  for (let i = 0; i < 4; i++) words[i] = toInteger(slice(seedText, seedAt + 8 * i, seedAt + 8 * i + 8), 16);
  return words;
}

/** Forgets what an earlier event left behind and takes the seed of the next, 32 hex digits there, and 12 of the cache's epoch, read when needed. */
export function beginEvent(seed: string, at: number): void {
  if (outbox.length > 0) outbox = bare([]);
  pending = primordials.create(null);
  seedText = seed;
  seedAt = at;
}

/** Settles the promises that the host has answers for. */
export function takeAnswers(answers: { id: number }[]): void {
  for (let i = 0; i < answers.length; i++) {
    const answer = answers[i]!;
    const settle = pending[answer.id];
    delete pending[answer.id];
    settle?.resolve(answer);
  }
}

/** Tells whether any record was posted since the last call of `takeOutbox`. */
export function hasPosted(): boolean {
  return outbox.length > 0;
}

/** Gives the records posted since the last call. */
export function takeOutbox(): [kind: string, record: object][] {
  const records = outbox;
  outbox = bare([]);
  return records;
}

/** Says whether anything was asked of the host since the last call: what did may not be baked into an image. */
export function takeFresh(): boolean {
  const was = fresh;
  fresh = false;
  return was;
}
