/**
 * Source functions as they were written before 2019: `exports.processEvents = async (event) => ({events, objects})`.
 *
 * Loaded where the code names both, so that nobody else finds `exports`. `onRequest` goes before it.
 */
import type { URLSearchParams } from '../../prelude/src/url.ts';
import { internals } from '../internals.ts';

const { define, emit, now, segment, setLegacyHandler, ValidationError } = internals;

const DEPRECATED =
  'exports.processEvents is deprecated: declare async function onRequest(request, settings), ' +
  'and send with Segment.identify, track, … and set.';

/** A web request, as `onRequest` gets it. */
interface Request {
  url: URL & { searchParams: URLSearchParams };
  headers: Iterable<[string, string]>;
  text(): string;
  json(): unknown;
}
type Calls = Record<string, (fields: object) => object>;

define(globalThis, { exports: {} });
let isTold = false;

function processEvents(): unknown {
  return (globalThis as { exports?: { processEvents?: unknown } }).exports?.processEvents;
}

/** `content-type` as `Content-Type`. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (found) => found.toUpperCase());
}

/** Names in any case, as with `request.headers`. Each name has a list of its values. */
function headersOf(request: Request): object {
  const all: Record<string, string[]> = {};
  for (const [name, value] of request.headers) all[canonical(name)] = [value];
  const named = (name: string | symbol) => (typeof name === 'string' ? canonical(name.toLowerCase()) : name);
  const is = (name: string | symbol) => Object.hasOwn(all, named(name));
  return new Proxy(all, {
    get: (target, name) => Reflect.get(target, is(name) ? named(name) : name),
    has: (target, name) => is(name) || Reflect.has(target, name),
  });
}

/** Each name has its text, or a list where it occurs several times. */
function queryOf(request: Request): object {
  const { searchParams } = request.url;
  const names = new Set(searchParams.keys());
  return Object.fromEntries(
    Array.from(names, (name) => {
      const values = searchParams.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}

function legacyEvent(request: Request): object {
  const body = request.text() === '' ? null : request.json();
  return { payload: { body, headers: headersOf(request), queryParameters: queryOf(request) } };
}

function listOf(result: object, name: 'events' | 'objects'): object[] {
  const list = (result as Record<string, unknown>)[name] ?? [];
  if (!Array.isArray(list)) throw new ValidationError(`${name} of what processEvents returns must be a list`);
  for (const each of list) {
    if (typeof each !== 'object' || each === null) throw new ValidationError(`${name} must hold objects alone`);
  }
  return list;
}

/** Sends what was returned as `Segment.track` and the others would, with their checks. */
function send(result: unknown): void {
  if (result === undefined || result === null || result === false) return;
  if (typeof result !== 'object') throw new ValidationError('processEvents returns {events, objects}');
  const { set, ...calls } = segment as unknown as Calls;
  for (const event of listOf(result, 'events')) {
    const { type } = event as { type?: unknown };
    if (typeof type !== 'string' || !Object.hasOwn(calls, type)) throw new ValidationError(`an event has no known type`);
    calls[type]!(event);
  }
  for (const object of listOf(result, 'objects')) set!(object);
}

async function onRequest(request: Request, settings: unknown): Promise<unknown> {
  if (!isTold) emit('log', { time_ms: now(), level: 'warn', text: DEPRECATED });
  isTold = true;
  const result: unknown = await (processEvents() as Function)(legacyEvent(request), settings);
  send(result);
  return result;
}

setLegacyHandler(() => (typeof processEvents() === 'function' ? onRequest : undefined));
