/**
 * The operations of the sandbox: start an event, resume it with answers, hand over what came of it.
 *
 * The engine's glue calls `enter` with what the host sent, runs every job that is ready, then calls `leave`. What the
 * host sent is a value, parsed already, and a text:
 *   `s`, 32 hex digits of the seed, 12 of the cache's epoch, the function's kind, `:`, the handler or nothing, `:`, the settings; with the event
 *   `r` with answers to requests, `l` to load the author's top level alone
 */

import {
  bare,
  beginEvent,
  encode,
  hasPosted,
  primordials,
  takeAnswers,
  takeFresh,
  takeOutbox,
  write,
} from './host';
import { describe, printed, setOrigin, type Failure, type Origin } from './failure';
import { forgetRejections, log, reportRejections } from './rejections';

const { parse, stringify, then, resolved, apply, Promise, slice, indexOf } = primordials;

/** The author's handlers by name, in the order of the wrapper's parameters. */
const HANDLERS = [
  'onRequest',
  'onIdentify',
  'onTrack',
  'onPage',
  'onScreen',
  'onGroup',
  'onAlias',
  'onDelete',
  'onBatch',
] as const;

/** The handler of each type of message. */
const BY_TYPE: Record<string, string> = Object.assign(Object.create(null), {
  identify: 'onIdentify',
  track: 'onTrack',
  page: 'onPage',
  screen: 'onScreen',
  group: 'onGroup',
  alias: 'onAlias',
  delete: 'onDelete',
});

/** What `leave` says of an event that waits and has posted nothing new. */
const WAITING = `${stringify({ settled: false, error: null, outbox: [] })}\n`;

const NO_EVENT = 'An insert function returns the event, or nothing to drop it; what it returned is no JSON.';
const { TypeError } = globalThis;

type Handler = (input: unknown, settings: unknown) => unknown;
type Program = (...handlersAndRegister: unknown[]) => void;

const SEED_AT = 1;
const KIND_AT = 45;

/** What `main.ts` plugs in: how a request is shown to a source function, and what forgets an earlier event. */
export interface Parts {
  makeRequest: (record: any) => unknown;
  notSupported: (message: string) => Error;
  /** Gives the name of the error class of ours that something thrown is an instance of, or an empty text. */
  ownClassOf: (thrown: unknown) => string;
  /** Hands over the messages that the event's handler sent. */
  sendMessages: () => void;
  reset: () => void;
}

interface Told extends Failure {
  /** The author's top level threw it. */
  loading: boolean;
  /** Name of the class of ours that it is an instance of: an author's own subclass has another name. */
  own_class: string;
}

interface Run {
  settled: boolean;
  isInsert: boolean;
  error: Told | null;
  returned: string;
  handlers: string[] | undefined;
}

let parts: Parts;
let program: Program | null = null;
let loading = false;
let handlerOf: (name: string) => unknown = () => undefined;
/** Gives the handler of a source function in the form of before 2019, if its library is loaded and it has one. */
let legacyHandler: () => unknown = () => undefined;
let run = newRun();
run.settled = true;

export function setParts(value: Parts): void {
  parts = value;
}

export function setLegacyHandler(value: () => unknown): void {
  legacyHandler = value;
}

function handlerNamed(name: string): unknown {
  const handler = handlerOf(name);
  return handler === undefined && name === 'onRequest' ? legacyHandler() : handler;
}

/** Takes the author's compiled program, which runs at the first `load` or `start`. */
export function define(compiled: Program, file: string, columns: number): void {
  program = compiled;
  setOrigin({ file, columns } satisfies Origin);
}

export function enter(value: unknown, control: string): void {
  switch (control[0]) {
    case 's':
      start(value, control);
      break;
    case 'r':
      takeAnswers(value as { id: number }[]);
      break;
    default:
      tryLoad();
  }
}

/**
 * Two lines of JSON: the state of the run with all that it posted, then what the handler returned, if that is not
 * written elsewhere. Nothing if the run is settled and there is nothing else to say.
 */
export function leave(): string | undefined {
  if (run.settled) reportRejections();
  const { settled, error, handlers: found } = run;
  if (error === null && found === undefined && !hasPosted()) {
    if (settled && run.returned === '') return undefined;
    if (!settled) return WAITING;
  }
  const fresh = takeFresh();
  const outbox = takeOutbox();
  try {
    return `${encode(bare({ settled, error, fresh, handlers: found, outbox }))}\n${run.returned}`;
  } catch (thrown) {
    // A message was made unwritable after it was sent.
    return `${encode(bare({ settled: true, error: told(thrown), fresh, outbox: bare([]) }))}\n`;
  }
}

function start(payload: unknown, control: string): void {
  beginEvent(control, SEED_AT);
  forgetRejections();
  parts.reset();
  const current = newRun();
  run = current;
  try {
    const value = invoke(current, payload, control);
    if (!isThenable(value)) finish(current, value);
    else {
      then(
        resolved(value),
        (result) => finish(current, result),
        (thrown) => fail(current, thrown),
      );
    }
  } catch (thrown) {
    fail(current, thrown);
  }
}

function newRun(): Run {
  return { settled: false, isInsert: false, error: null, returned: '', handlers: undefined };
}

function invoke(current: Run, payload: unknown, control: string): unknown {
  load();
  const kindEnd = indexOf(control, ':', KIND_AT);
  const handlerEnd = indexOf(control, ':', kindEnd + 1);
  const kind = slice(control, KIND_AT, kindEnd);
  const isSource = kind === 'source';
  current.isInsert = slice(kind, 0, 6) === 'insert';
  const name = slice(control, kindEnd + 1, handlerEnd) || (isSource ? 'onRequest' : handlerFor(payload));
  const settings = settingsOf(slice(control, handlerEnd + 1));
  if (name === undefined) {
    // Of a type that nobody can handle: nothing to do, but an insert function passes on what it returns alone.
    if (current.isInsert) throw parts.notSupported(`${printed((payload as { type?: unknown }).type)} not supported`);
    return undefined;
  }
  const handler = (kind === 'insert_source' && name === 'onBatch' ? undefined : handlerNamed(name)) as Handler | undefined;
  if (typeof handler !== 'function') throw parts.notSupported(`${eventOf(name)} not supported`);
  return handler(isSource ? parts.makeRequest(payload) : payload, settings);
}

/** Parsed for each event: the author may change what he gets. */
function settingsOf(text: string): unknown {
  return text === '{}' ? {} : parse(text);
}

/** A promise is one whatever the author made of its methods. */
function isThenable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Promise || typeof (value as { then?: unknown }).then === 'function';
}

/** Runs the author's top level, once. */
function load(): void {
  if (program === null) return;
  const compiled = program;
  program = null;
  loading = true;
  const register = (found: (name: string) => unknown) => { handlerOf = found; };
  apply(compiled, undefined, [...HANDLERS.map(() => undefined), register]);
  loading = false;
}

/** What the builder of images and the check of new code call; no event is at hand. */
function tryLoad(): void {
  run = newRun();
  try {
    load();
  } catch (thrown) {
    fail(run, thrown);
  }
  run.settled = true;
  run.handlers = bare([]);
  for (let i = 0; i < HANDLERS.length; i++) {
    const name = HANDLERS[i]!;
    if (typeof handlerNamed(name) === 'function') run.handlers[run.handlers.length] = name;
  }
}

/** The handler of a message's type, if there is one for it. */
function handlerFor(payload: unknown): string | undefined {
  const { type } = payload as { type?: unknown };
  return typeof type === 'string' ? BY_TYPE[type] : undefined;
}

function eventOf(handler: string): string {
  return handler.slice(2).toLowerCase();
}

function finish(current: Run, value: unknown): void {
  if (current.settled) return;
  try {
    const isWritten = write(value);
    if (!isWritten) current.returned = stringify(value) ?? '';
    // What has no JSON is not nothing: an event must not get lost by it.
    if (current.isInsert && !isWritten && current.returned === '' && value !== undefined) throw new TypeError(NO_EVENT);
  } catch (error) {
    if (current.isInsert) return fail(current, error);
    log('warn', `The returned value cannot be written as JSON: ${describe(error).message}`);
  }
  parts.sendMessages();
  current.settled = true;
}

/** What nobody can catch, as an error in a timer's callback, ends the run. */
export function uncaught(thrown: unknown): void {
  fail(run, thrown);
}

function fail(current: Run, thrown: unknown): void {
  if (current.settled) return;
  current.error = told(thrown);
  current.settled = true;
}

function told(thrown: unknown): Told {
  return bare({ ...describe(thrown), loading, own_class: parts.ownClassOf(thrown) });
}
