/** `google.cloud`, which each of its clients puts itself into. */
import { internals } from '../internals.ts';

export function offer(name, client) {
  if (!globalThis.google) internals.define(globalThis, { google: { cloud: {} } });
  globalThis.google.cloud[name] = client;
}

/** The client's class, over REST where its caller says nothing else: a sandbox has no HTTP/2. */
export function overRest(Client) {
  const { [Client.name]: Rest } = {
    [Client.name]: class extends Client {
      constructor(options, ...others) {
        super({ fallback: 'rest', ...options }, ...others);
      }
    },
  };
  return Rest;
}

/** What the module offers, its clients over REST. */
export function allOverRest(module) {
  const each = ([name, value]) => [name, /Client$/.test(name) ? overRest(value) : value];
  return Object.fromEntries(Object.entries(module).map(each));
}
