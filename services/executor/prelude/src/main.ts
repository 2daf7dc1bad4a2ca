/** Puts the runtime together in a fresh engine; what this leaves behind is the base image. */

import { define, enter, leave, rejected, setParts, uncaught } from './enter';
import { EventNotSupported } from './errors';
import { installGlobals, resetGlobals } from './globals';
import { makeRequest } from './request';
import { onUncaught } from './timers';

declare global {
  var __penstock: object;
}

installGlobals(globalThis);

setParts({
  makeRequest,
  notSupported: (message) => new EventNotSupported(message),
  reset: resetGlobals,
});

onUncaught(uncaught);

// The engine's builder takes these by handle and removes the name.
globalThis.__penstock = { define, enter, leave, rejected, object: Object.prototype, array: Array.prototype };
delete (globalThis as Partial<typeof globalThis>).__penstock_host;
delete (globalThis as Partial<typeof globalThis>).__penstock_write;
