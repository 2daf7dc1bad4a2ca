/**
 * What the prelude shares with libraries, which are evaluated after it: an object that is there while they are, and is
 * removed before any author's code comes. A library takes what it needs at once and keeps it.
 */
import * as checks from './arguments.ts';
import { onBodyStream } from './body.ts';
import { Buffer, bufferOf } from './buffer.ts';
import { format } from './console.ts';
import { digestNamed } from './crypto.ts';
import { define } from './define.ts';
import { bytesOf, decodeText, encodeText, encodingOf, fromBase64, toBase64 } from './encoding.ts';
import { setLegacyHandler } from './enter.ts';
import { codedError, ValidationError } from './errors.ts';
import { resetGlobals } from './globals.ts';
import { ask, bare, cancel, emit, hostCall, now, primordials, takeFresh, takeOutbox } from './host.ts';
import { inspect } from './inspect.ts';
import { throwUncaught } from './timers.ts';
import { segment } from './segment.ts';

const { isExtensible } = Object;

/**
 * Puts a library's names on an object. At Segment some come as `uuidv5.uuidv5`: there the member is its own member, too,
 * so that a handler's `uuidv5 = uuidv5.uuidv5` may run again in a warm sandbox.
 */
function defineLibrary(target: object, values: Record<string | symbol, unknown>): void {
  define(target, values);
  for (const name of Object.keys(values)) {
    const member = (values[name] as Record<string, unknown> | undefined)?.[name];
    if (Object(member) === member && isExtensible(member) && !(name in (member as object))) {
      define(member as object, { [name]: member });
    }
  }
}

const internals = {
  define: defineLibrary,
  hostCall,
  ask,
  bare,
  cancel,
  emit,
  now,
  primordials,
  codedError,
  ValidationError,
  segment,
  setLegacyHandler,
  Buffer,
  bufferOf,
  bytesOf,
  encodeText,
  decodeText,
  encodingOf,
  fromBase64,
  toBase64,
  inspect,
  /** Arguments checked with Node's errors. */
  checks,
  /** Sets what makes the `body` of a request or response of its chunks. */
  onBodyStream,
  format,
  digestNamed,
  throwUncaught,
  /** The builder of images forgets with these what libraries did while they were evaluated: none of it is an author's. */
  reset: resetGlobals,
  takeFresh,
  takeOutbox,
};

export type Internals = typeof internals;

export function shareInternals(target: typeof globalThis): void {
  define(target, { [Symbol.for('penstock.internals')]: internals });
}
