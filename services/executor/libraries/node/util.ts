/** `util`: showing values is the console's own, the rest is Node's manners. */
import type { AbortSignal } from '../../prelude/src/abort.ts';
import { Buffer } from './buffer.ts';
import { isDeepStrictEqual } from './deep-equal.ts';
import { codedError, internals } from './internals.ts';
import process from './process.ts';
import types from './types.ts';

type Any = (...args: any[]) => any;
type InspectOptions = { depth?: number | null } & Record<string, unknown>;

const { checks, define } = internals;
const { getOwnPropertyDescriptors, setPrototypeOf, defineProperties } = Object;
const promisified = Symbol.for('nodejs.util.promisify.custom');

/** The second argument may be the old `showHidden`, with the depth after it. */
function inspect(value: unknown, options?: InspectOptions | boolean, depth?: number | null): string {
  return internals.inspect(value, typeof options === 'object' && options !== null ? options : { depth });
}
Object.assign(inspect, {
  custom: Symbol.for('nodejs.util.inspect.custom'),
  defaultOptions: { depth: 2, colors: false, showHidden: false, maxArrayLength: 100, breakLength: 80, compact: 3 },
  colors: {},
  styles: {},
});

const shown = (value: unknown) => (typeof value === 'string' ? value : inspect(value));

/** The console's `format` for each value; but texts stay whole, which a log would cut. */
function format(...args: unknown[]): string {
  const [first, ...rest] = args;
  if (typeof first !== 'string') return args.map(shown).join(' ');
  if (rest.length === 0) return first;
  const filled = first.replace(/%[sdifjoOc%]/g, (found) => {
    if (found === '%%' || rest.length === 0) return found === '%%' ? '%' : found;
    const value = rest.shift();
    return found === '%s' && typeof value === 'string' ? value : internals.format(found, value);
  });
  return [filled, ...rest.map(shown)].join(' ');
}

function promisify(original: Any): Any {
  if (typeof original !== 'function') throw checks.invalidType('original', 'Function', original);
  const own = (original as any)[promisified];
  if (own) return own as Any;
  function promise(this: unknown, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, value: unknown) => (error ? reject(error) : resolve(value));
      Reflect.apply(original, this, [...args, done]);
    });
  }
  setPrototypeOf(promise, Object.getPrototypeOf(original));
  define(promise, { [promisified]: promise });
  return defineProperties(promise, getOwnPropertyDescriptors(original) as PropertyDescriptorMap) as Any;
}
promisify.custom = promisified;

function callbackify(original: Any): Any {
  if (typeof original !== 'function') throw checks.invalidType('original', 'Function', original);
  return function (this: unknown, ...args: unknown[]) {
    const done = args.pop();
    if (typeof done !== 'function') throw checks.invalidType('last argument', 'Function', done);
    const nextTick = process.nextTick as Any;
    const fail = (reason: unknown) => nextTick(done, reason || falsyReason(reason));
    Reflect.apply(original, this, args).then((value: unknown) => nextTick(done, null, value), fail);
  };
}

function falsyReason(reason: unknown): Error {
  const error = codedError(Error, 'ERR_FALSY_VALUE_REJECTION', 'Promise was rejected with falsy value');
  return Object.assign(error, { reason });
}

/** Keeps the constructor's own prototype object: methods put there before stay. */
function inherits(constructor: Any, parent: Any): void {
  if (typeof constructor !== 'function') throw checks.invalidType('ctor', 'Function', constructor);
  if (parent === null || parent === undefined) throw checks.invalidType('superCtor', 'Function', parent);
  if (parent.prototype === undefined) throw checks.invalidType('superCtor.prototype', 'Object', parent.prototype);
  define(constructor, { super_: parent });
  setPrototypeOf(constructor.prototype, parent.prototype);
}

function deprecate(original: Any, message: string, code?: string): Any {
  let warned = false;
  function deprecated(this: unknown, ...args: unknown[]): unknown {
    if (!warned) console.warn(`${code ? `[${code}] ` : ''}DeprecationWarning: ${message}`);
    warned = true;
    return new.target ? Reflect.construct(original, args, new.target) : Reflect.apply(original, this, args);
  }
  setPrototypeOf(deprecated, original);
  if (original.prototype) deprecated.prototype = original.prototype;
  return deprecated;
}

/** Prints nothing: there is no NODE_DEBUG. */
const debuglog = () => Object.assign(() => {}, { enabled: false });

const noEscapes = (text: string) =>
  // eslint-disable-next-line no-control-regex
  String(text).replace(/[\u001b\u009b](?:\][^\u0007]*\u0007|[[\]()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g, '');

/** Resolves when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const isPrimitive = (value: unknown) => value === null || (typeof value !== 'object' && typeof value !== 'function');

const util: Record<string, unknown> = {
  inspect,
  format,
  formatWithOptions: (_options: object, ...args: unknown[]) => format(...args),
  promisify,
  callbackify,
  inherits,
  deprecate,
  debuglog,
  debug: debuglog,
  isDeepStrictEqual,
  types,
  aborted,
  stripVTControlCharacters: noEscapes,
  styleText: (_style: unknown, text: string) => text,
  toUSVString: (text: unknown) => String(text).toWellFormed(),
  TextEncoder,
  TextDecoder,
  _extend: (target: object, source: object | null) => Object.assign(target, source),
  log: (...args: unknown[]) => console.log(...args),
  isArray: Array.isArray,
  isBoolean: (value: unknown) => typeof value === 'boolean',
  isBuffer: Buffer.isBuffer,
  isDate: types.isDate,
  isError: (value: unknown) => value instanceof Error,
  isFunction: (value: unknown) => typeof value === 'function',
  isNull: (value: unknown) => value === null,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isNumber: (value: unknown) => typeof value === 'number',
  isObject: (value: unknown) => value !== null && typeof value === 'object',
  isPrimitive,
  isRegExp: types.isRegExp,
  isString: (value: unknown) => typeof value === 'string',
  isSymbol: (value: unknown) => typeof value === 'symbol',
  isUndefined: (value: unknown) => value === undefined,
};

export default util;
