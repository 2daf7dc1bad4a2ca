/**
 * `Headers`: the engine's native class, with what it lacks of the standard (any iterable of pairs, joined cookies)
 * and node-fetch's `raw()`.
 */
import { define } from './define.ts';
import { showAs } from './inspect.ts';

const Native = globalThis.Headers;

function pairsOf(init: unknown): unknown {
  if (init === undefined || init === null || Array.isArray(init) || init instanceof Native) return init ?? undefined;
  if (typeof init !== 'object') throw new TypeError('Headers need an object, or an iterable of name and value pairs');
  return Symbol.iterator in init ? Array.from(init as Iterable<Iterable<unknown>>, (pair) => [...pair]) : init;
}

export class Headers extends Native {
  constructor(init?: unknown) {
    super(pairsOf(init));
  }

  override get(name: string): string | null {
    return `${name}`.toLowerCase() === 'set-cookie' ? this.getSetCookie().join(', ') || null : super.get(name);
  }

  /** All values by lower-case name, each as a list. */
  raw(): Record<string, string[]> {
    const all: Record<string, string[]> = {};
    for (const [name, value] of this) (all[name] ??= []).push(value);
    return all;
  }
}

define(Headers.prototype, { [Symbol.toStringTag]: 'Headers' });
showAs(Headers, (headers) => Object.fromEntries(headers));

export function install(target: typeof globalThis): void {
  define(target, { Headers });
}
