/** Promises that were rejected and have no handler: each is a line of the log when the run has settled. */

import { describe } from './failure';
import { bare, emit, now, primordials } from './host';

const { slice } = primordials;

/** More than the host keeps of an event's log. */
const MAX_REPORTED = 100;
const MAX_REPORT_CHARS = 4096;

let rejections: { promise: unknown; reason: unknown }[] = bare([]);

/** Called by the engine when a promise is rejected without a handler, and again when it gets one. */
export function rejected(promise: unknown, reason: unknown, isHandled: boolean): void {
  if (!isHandled) rejections[rejections.length] = { promise, reason };
  else rejections = without(promise);
}

/** The other rejections, but that of the promise which got its handler. */
function without(promise: unknown): typeof rejections {
  const others: typeof rejections = bare([]);
  for (let i = 0; i < rejections.length; i++) {
    if (rejections[i]!.promise !== promise) others[others.length] = rejections[i]!;
  }
  return others;
}

/** Forgets those of an earlier event. */
export function forgetRejections(): void {
  if (rejections.length > 0) rejections = bare([]);
}

export function reportRejections(): void {
  if (rejections.length === 0) return;
  const left = rejections;
  rejections = bare([]);
  for (let i = 0; i < left.length && i < MAX_REPORTED; i++) {
    log('error', `Unhandled promise rejection: ${slice(describe(left[i]!.reason).stack, 0, MAX_REPORT_CHARS)}`);
  }
}

/** Writes a line of the log. */
export function log(level: string, text: string): void {
  emit('log', { time_ms: now(), level, text });
}
