/**
 * `cache`: values kept between events, shared by the sandboxes of an instance.
 *
 * The host keeps them as JSON texts and says who loads one, so that loads of a key that overlap share one call wherever
 * they run. Each `load` gives a copy of its own. What was seen once is kept here too, until it expires or the host tells
 * by another epoch that something was deleted. What no JSON holds, and what is too long, stays in this sandbox alone, as
 * itself.
 *
 * A failed load is not kept. What is still loading when its event ends is forgotten: the requests it waits for end, too.
 */
import { define } from './define.ts';
import { errorNamed } from './errors.ts';
import { describe } from './failure.ts';
import { ask, bare, epoch, now, primordials, tell } from './host.ts';

const { Map } = globalThis; // as it is before any author's code: a reset must not fail
const { parse, stringify, slice, String } = primordials;
const { getPrototypeOf, prototype: plain } = Object;
const { isArray } = Array;
const { isFinite } = Number;

const MAX_ENTRIES = 1000;
/** Of a value, and of all that one event stores: they are written beside all else that an event posts. */
const MAX_SHARED_CHARS = 256 * 1024;
const MAX_EVENT_CHARS = 1024 * 1024;
const MAX_KEY_CHARS = 1024;
const MAX_ERROR_CHARS = 4096;
/** Objects, lists and their members in a value; more are not counted: such a value stays here. */
const MAX_PARTS = 100_000;

type Load = () => unknown;

interface Entry {
  /** Of an object or a list, which each load gets a copy of. */
  text?: string;
  /** Anything else: what cannot be changed, and what no JSON holds. */
  value?: unknown;
  expiresAt: number;
}

interface Answer {
  text?: string;
  expires_ms?: number | null;
  error?: { name: string; message: string };
}

let entries = new Map<string, Entry>();
let loading = new Map<string, Promise<Entry>>();
/** Most events load nothing: then there is nothing to forget. */
let isUsed = false;
let sharedChars = 0;
let knownEpoch = '';

/** Done at first use in an event: copies from before a deletion are void. */
function begin(): void {
  if (isUsed) return;
  isUsed = true;
  const current = epoch();
  if (current !== knownEpoch) entries = new Map();
  knownEpoch = current;
}

/** Counts the parts of what JSON can hold and give back as it was; NaN if it cannot. */
function countParts(value: unknown, before: number): number {
  if (before > MAX_PARTS) return NaN;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return before + 1;
  if (typeof value === 'number') return isFinite(value) ? before + 1 : NaN;
  if (typeof value !== 'object') return NaN;
  let count = before + 1;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) count = countParts(value[i], count);
    return count;
  }
  const prototype: unknown = getPrototypeOf(value);
  if (prototype !== plain && prototype !== null) return NaN;
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) count = countParts(member, count);
  }
  return count;
}

function textOf(value: object): string | undefined {
  try {
    return countParts(value, 0) > 0 ? stringify(value) : undefined;
  } catch {
    return undefined; // nested too deep, or in itself
  }
}

function entryOf(value: unknown, expiresAt: number): Entry {
  const text = typeof value === 'object' && value !== null ? textOf(value) : undefined;
  return text === undefined ? { value, expiresAt } : { text, expiresAt };
}

/** Gives what the other sandboxes get, if they can. */
function sharedText({ text, value }: Entry): string | undefined {
  if (text !== undefined) return text;
  if (typeof value === 'string' && value.length > MAX_SHARED_CHARS) return undefined;
  const isPrimitive = typeof value !== 'object' || value === null;
  return isPrimitive && countParts(value, 0) > 0 ? stringify(value) : undefined;
}

function keep(name: string, entry: Entry): void {
  entries.delete(name);
  entries.set(name, entry);
  if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!); // the one used longest ago
}

function share(key: string, entry: Entry, ttlMs: number): void {
  const text = sharedText(entry);
  if (text === undefined || text.length > MAX_SHARED_CHARS || sharedChars + text.length > MAX_EVENT_CHARS) {
    tell('cache_own', bare({ key }));
    return;
  }
  sharedChars += text.length;
  tell('cache_store', bare({ key, text, ttl_ms: ttlMs < 0 || !isFinite(ttlMs) ? -1 : ttlMs }));
}

function fail(key: string, error: unknown): void {
  const { name, message } = describe(error);
  tell('cache_fail', bare({ key, name: slice(name, 0, 256), message: slice(message, 0, MAX_ERROR_CHARS) }));
}

/** Asks the host; nothing if the value is to be loaded here. */
async function shared(key: string): Promise<Entry | undefined> {
  const record = { id: 0, key };
  const { text, expires_ms, error } = (await ask('cache_load', record)) as Answer;
  if (error) throw errorNamed(error.name, error.message);
  if (text === undefined) return undefined;
  const expiresAt = expires_ms ?? Infinity;
  return text[0] === '{' || text[0] === '[' ? { text, expiresAt } : { value: parse(text), expiresAt };
}

function start(name: string, ttlMs: number, load: Load): Promise<Entry> {
  const isShared = name.length <= MAX_KEY_CHARS;
  const isCurrent = () => loading.get(name) === promise;
  const own = async () => {
    try {
      const entry = entryOf(await load(), ttlMs < 0 ? Infinity : now() + ttlMs);
      if (isShared && isCurrent()) share(name, entry, ttlMs);
      return entry;
    } catch (error) {
      if (isShared && isCurrent()) fail(name, error);
      throw error;
    }
  };
  const promise = (async () => (isShared && (await shared(name))) || own())();
  loading.set(name, promise);
  const land = () => isCurrent() && loading.delete(name);
  promise.then(
    (entry) => {
      if (land()) keep(name, entry);
    },
    () => void land(),
  );
  return promise;
}

async function load(key: unknown, ttlMs: unknown, fn?: unknown): Promise<unknown> {
  if (typeof ttlMs === 'function') [ttlMs, fn] = [-1, ttlMs];
  if (typeof fn !== 'function') throw new TypeError('cache.load needs a function that loads the value');
  begin();
  const name = String(key);
  let entry = entries.get(name);
  if (entry && entry.expiresAt > now()) keep(name, entry);
  else entry = await (loading.get(name) ?? start(name, ttlMs === undefined ? -1 : Number(ttlMs) || 0, fn as Load));
  return entry.text === undefined ? entry.value : parse(entry.text);
}

function remove(key: unknown): void {
  begin();
  const name = String(key);
  entries.delete(name);
  loading.delete(name);
  if (name.length <= MAX_KEY_CHARS) tell('cache_delete', bare({ key: name }));
}

export function reset(): void {
  if (!isUsed) return;
  isUsed = false;
  sharedChars = 0;
  loading = new Map();
}

export function install(target: typeof globalThis): void {
  const cache = { load };
  define(target, { cache: Object.assign(cache, { delete: remove }) });
}
