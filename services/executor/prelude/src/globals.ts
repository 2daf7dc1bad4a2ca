/** All global names of the runtime, in the order in which they must be installed, and what forgets an earlier event. */
import * as cache from './cache.ts';
import * as console from './console.ts';
import * as crypto from './crypto.ts';
import * as buffer from './buffer.ts';
import { define } from './define.ts';
import * as encoding from './encoding.ts';
import * as errors from './errors.ts';
import * as fetch from './fetch.ts';
import * as performance from './performance.ts';
import * as random from './random.ts';
import * as segment from './segment.ts';
import * as structuredClone from './structured-clone.ts';
import * as textDecoder from './text-decoder.ts';
import * as timers from './timers.ts';
import * as url from './url.ts';

export function installGlobals(target: typeof globalThis): void {
  const modules = [
    errors,
    console,
    encoding,
    textDecoder,
    buffer,
    structuredClone,
    url,
    fetch,
    performance,
    timers,
    crypto,
    segment,
    cache,
    random,
  ];
  for (const module of modules) module.install(target);
  define(target, { window: target });
}

/** Called before each event; walks no list, as an author may have replaced how lists are walked. */
export function resetGlobals(): void {
  timers.reset();
  console.reset();
  random.reset();
  crypto.reset();
  cache.reset();
  segment.reset();
}
