/** What packages ask of V8's call sites (`depd` does) and the engine's do not have. */
import { internals } from './internals.ts';

const MISSING: Record<string, () => unknown> = {
  getThis: () => undefined,
  getTypeName: () => null,
  getMethodName: () => null,
  getEvalOrigin: () => undefined,
  getScriptNameOrSourceURL: () => null,
  isToplevel: () => false,
  isEval: () => false,
  isConstructor: () => false,
  isAsync: () => false,
  isPromiseAll: () => false,
};

const errors = Error as unknown as { prepareStackTrace?: unknown };
const before = errors.prepareStackTrace;
errors.prepareStackTrace = (_error: unknown, sites: object[]) => sites;
const [site] = new Error().stack as unknown as object[];
errors.prepareStackTrace = before;

const shared = Object.getPrototypeOf(site) as Record<string, unknown>;
for (const [name, method] of Object.entries(MISSING)) {
  if (!(name in shared)) internals.define(shared, { [name]: method });
}
