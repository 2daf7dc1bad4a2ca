/**
 * `cache`: values kept between the events of one sandbox.
 *
 * Loads of one key that overlap share one call; a failed load is not kept. What is still loading when its event ends is
 * forgotten, since the requests it waits for end with the event.
 */
import { define } from './define.ts';

const { Map } = globalThis; // as it is before any author's code: a reset must not fail
const MAX_ENTRIES = 1000;

type Load = () => unknown;

interface Entry {
  value: unknown;
  expiresAt: number;
}

const entries = new Map<string, Entry>();
let loading = new Map<string, Promise<unknown>>();
/** Most events load nothing: then there is nothing to forget. */
let isLoading = false;

function store(key: string, value: unknown, ttlMs: number): void {
  entries.delete(key);
  entries.set(key, { value, expiresAt: ttlMs < 0 ? Infinity : Date.now() + ttlMs });
  if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!); // the one stored longest ago
}

function start(key: string, ttlMs: number, load: Load): Promise<unknown> {
  const promise = (async () => load())();
  loading.set(key, promise);
  isLoading = true;
  const current = () => loading.get(key) === promise && loading.delete(key);
  promise.then(
    (value) => {
      if (current()) store(key, value, ttlMs);
    },
    () => void current(),
  );
  return promise;
}

async function load(key: unknown, ttlMs: unknown, fn?: unknown): Promise<unknown> {
  if (typeof ttlMs === 'function') [ttlMs, fn] = [-1, ttlMs];
  if (typeof fn !== 'function') throw new TypeError('cache.load needs a function that loads the value');
  const name = String(key);
  const entry = entries.get(name);
  if (entry && entry.expiresAt > Date.now()) return entry.value;
  return loading.get(name) ?? start(name, ttlMs === undefined ? -1 : Number(ttlMs), fn as Load);
}

function remove(key: unknown): void {
  entries.delete(String(key));
  loading.delete(String(key));
}

export function reset(): void {
  if (!isLoading) return;
  isLoading = false;
  loading = new Map();
}

export function install(target: typeof globalThis): void {
  const cache = { load };
  define(target, { cache: Object.assign(cache, { delete: remove }) });
}
