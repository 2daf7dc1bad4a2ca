/**
 * The operations of the sandbox: start an event, resume it with answers, hand over what came of it.
 *
 * The engine's glue calls `enter` with what the host sent, runs every job that is ready, then calls `leave`. What the
 * host sent is a value, parsed already, and a text:
 *   `s`, 32 hex digits of the seed, the function's kind, `:`, the handler or nothing, `:`, the settings; with the event
 *   `r` with answers to requests, `l` to load the author's top level alone
 */

import {
  bare,
  beginEvent,
  emit,
  encode,
  hasPosted,
  now,
  primordials,
  takeAnswers,
  takeFresh,
  takeOutbox,
  write,
} from './host';
import { describe, setOrigin, type Failure, type Origin } from './failure';

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

/** More than the host keeps of an event's log. */
const MAX_REPORTED = 100;
const MAX_REPORT_CHARS = 4096;

type Handler = (input: unknown, settings: unknown) => unknown;
type Program = (...handlersAndRegister: unknown[]) => void;

const SEED_AT = 1;
const KIND_AT = 33;

/** What `main.ts` plugs in: how a request is shown to a source function, and what forgets an earlier event. */
export interface Parts {
  makeRequest: (record: any) => unknown;
  notSupported: (message: string) => Error;
  reset: () => void;
}

interface Run {
  settled: boolean;
  error: (Failure & { loading: boolean }) | null;
  returned: string;
  handlers: string[] | undefined;
}

let parts: Parts;
let program: Program | null = null;
let loading = false;
let handlerOf: (name: string) => unknown = () => undefined;
let run: Run = { settled: true, error: null, returned: '', handlers: undefined };
let rejections: { promise: unknown; reason: unknown }[] = bare([]);

export function setParts(value: Parts): void {
  parts = value;
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

/** Called by the engine when a promise is rejected without a handler, and again when it gets one. */
export function rejected(promise: unknown, reason: unknown, isHandled: boolean): void {
  if (!isHandled) rejections[rejections.length] = { promise, reason };
  else rejections = without(promise);
}

function start(payload: unknown, control: string): void {
  beginEvent(control, SEED_AT);
  if (rejections.length > 0) rejections = bare([]);
  parts.reset();
  const current: Run = { settled: false, error: null, returned: '', handlers: undefined };
  run = current;
  try {
    const value = invoke(payload, control);
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

function invoke(payload: unknown, control: string): unknown {
  load();
  const kindEnd = indexOf(control, ':', KIND_AT);
  const handlerEnd = indexOf(control, ':', kindEnd + 1);
  const isSource = slice(control, KIND_AT, kindEnd) === 'source';
  const asked = slice(control, kindEnd + 1, handlerEnd);
  const name = asked || (isSource ? 'onRequest' : handlerFor(payload));
  const handler = handlerOf(name) as Handler | undefined;
  if (typeof handler !== 'function') throw parts.notSupported(`${eventOf(name)} not supported`);
  return handler(isSource ? parts.makeRequest(payload) : payload, settingsOf(slice(control, handlerEnd + 1)));
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
  run = { settled: false, error: null, returned: '', handlers: undefined };
  try {
    load();
  } catch (thrown) {
    fail(run, thrown);
  }
  run.settled = true;
  run.handlers = bare([]);
  for (let i = 0; i < HANDLERS.length; i++) {
    const name = HANDLERS[i]!;
    if (typeof handlerOf(name) === 'function') run.handlers[run.handlers.length] = name;
  }
}

/** The handler of a message's type; of a type that none is for, the name that it would have. */
function handlerFor(payload: unknown): string {
  const { type } = payload as { type?: unknown };
  if (typeof type !== 'string') return 'on';
  return BY_TYPE[type] ?? `on${type}`;
}

function eventOf(handler: string): string {
  return handler.slice(2).toLowerCase();
}

function finish(current: Run, value: unknown): void {
  if (current.settled) return;
  try {
    if (!write(value)) current.returned = stringify(value) ?? '';
  } catch (error) {
    log('warn', `The returned value cannot be written as JSON: ${describe(error).message}`);
  }
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

function told(thrown: unknown): Failure & { loading: boolean } {
  return bare({ ...describe(thrown), loading });
}

/** The other rejections, but that of the promise which got its handler. */
function without(promise: unknown): typeof rejections {
  const others: typeof rejections = bare([]);
  for (let i = 0; i < rejections.length; i++) {
    if (rejections[i]!.promise !== promise) others[others.length] = rejections[i]!;
  }
  return others;
}

function reportRejections(): void {
  if (rejections.length === 0) return;
  const left = rejections;
  rejections = bare([]);
  for (let i = 0; i < left.length && i < MAX_REPORTED; i++) {
    log('error', `Unhandled promise rejection: ${slice(describe(left[i]!.reason).stack, 0, MAX_REPORT_CHARS)}`);
  }
}

function log(level: string, text: string): void {
  emit('log', { time_ms: now(), level, text });
}
