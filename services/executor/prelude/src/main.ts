/** Puts the runtime together in a fresh engine; what this leaves behind is the base image. */

import { define, enter, leave, setParts, uncaught } from './enter';
import { EventNotSupported, ownClassOf } from './errors';
import { installGlobals, resetGlobals } from './globals';
import { shareInternals } from './internals';
import { rejected } from './rejections';
import { makeRequest } from './request';
import { sendMessages } from './segment';
import { onUncaught } from './timers';

declare global {
  var __penstock: object;
}

installGlobals(globalThis);
shareInternals(globalThis);

setParts({
  makeRequest,
  notSupported: (message) => new EventNotSupported(message),
  ownClassOf,
  sendMessages,
  reset: resetGlobals,
});

onUncaught(uncaught);

// The builder of images takes these by handle, and removes them with the internals.
globalThis.__penstock = { define, enter, leave, rejected, object: Object.prototype, array: Array.prototype };
delete (globalThis as Partial<typeof globalThis>).__penstock_host;
delete (globalThis as Partial<typeof globalThis>).__penstock_write;
