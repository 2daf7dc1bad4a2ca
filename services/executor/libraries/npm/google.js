/** `google.cloud`, which each of its clients puts itself into. */
import { internals } from '../internals.ts';

export function offer(name, client) {
  if (!globalThis.google) internals.define(globalThis, { google: { cloud: {} } });
  globalThis.google.cloud[name] = client;
}
