/** `structuredClone`: all that the language has by the web's rules, lists of what is transferred among it. */
import { codedError } from './errors.ts';
import { define } from './define.ts';

const ERRORS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
const BOXES = [Number, String, Boolean, BigInt] as const;
const NEVER = [WeakMap, WeakSet, WeakRef, Promise];
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isView } = ArrayBuffer;
const tagOfViews = getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;

type Known = Map<object, object>;

function refuse(value: unknown): never {
  const shown = typeof value === 'symbol' ? String(value) : typeof value === 'function' ? 'A function' : `#<${nameOf(value)}>`;
  throw new DOMException(`${shown} could not be cloned.`, 'DataCloneError');
}

const nameOf = (value: unknown) => (value as object).constructor?.name ?? 'Object';

function clone(value: unknown, known: Known): unknown {
  if (typeof value === 'symbol' || typeof value === 'function') refuse(value);
  if (typeof value !== 'object' || value === null) return value;
  return known.get(value) ?? cloneObject(value, known);
}

function cloneObject(value: object, known: Known): object {
  if (isView(value)) return keep(value, cloneView(value, known), known);
  const leaf = cloneLeaf(value);
  if (leaf) return keep(value, leaf, known);
  if (NEVER.some((type) => value instanceof type)) refuse(value);
  if (value instanceof Error) return cloneError(value, known);
  if (value instanceof Map) return cloneMap(value, keep(value, new Map(), known), known);
  if (value instanceof Set) return cloneSet(value, keep(value, new Set(), known), known);
  const made = Array.isArray(value) ? Object.assign([], { length: value.length }) : {};
  return copyFields(value, keep(value, made, known), known);
}

function keep<T extends object>(value: object, made: T, known: Known): T {
  known.set(value, made);
  return made;
}

/** What holds no other values; null for what may. */
function cloneLeaf(value: object): object | null {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof ArrayBuffer) return value.slice(0);
  const box = BOXES.find((type) => value instanceof type);
  return box ? Object(Reflect.apply(box.prototype.valueOf, value, [])) : null;
}

/** A view, with a copy of its whole buffer, which other views may share. A Buffer becomes a Uint8Array, as in Node. */
function cloneView(view: ArrayBufferView, known: Known): object {
  const name = (tagOfViews.call(view) as string | undefined) ?? 'DataView';
  const Type = (globalThis as any)[name] as new (buffer: unknown, offset: number, length: number) => object;
  const length = (view as Uint8Array).length ?? view.byteLength;
  return new Type(clone(view.buffer, known), view.byteOffset, length);
}

function cloneError(error: Error, known: Known): Error {
  const Type = ERRORS.find((type) => type.name === error.name) ?? Error;
  const own = keep(error, new Type(), known);
  for (const name of ['message', 'stack', 'cause'] as const) {
    const found = getOwnPropertyDescriptor(error, name);
    if (found && 'value' in found) define(own, { [name]: name === 'cause' ? clone(found.value, known) : String(found.value) });
  }
  return own;
}

function cloneMap(value: Map<unknown, unknown>, made: Map<unknown, unknown>, known: Known): object {
  for (const [key, item] of [...value]) made.set(clone(key, known), clone(item, known));
  return made;
}

function cloneSet(value: Set<unknown>, made: Set<unknown>, known: Known): object {
  for (const item of [...value]) made.add(clone(item, known));
  return made;
}

function copyFields(value: object, made: object, known: Known): object {
  for (const key of Object.keys(value)) {
    const item = clone((value as Record<string, unknown>)[key], known);
    Object.defineProperty(made, key, { value: item, writable: true, enumerable: true, configurable: true });
  }
  return made;
}

/** Takes what is transferred as cloned: the clones get copies, and the originals are emptied at the end. */
function transferred(options: unknown): Map<ArrayBuffer, ArrayBuffer> {
  const buffers = new Map<ArrayBuffer, ArrayBuffer>();
  for (const item of (options as { transfer?: Iterable<unknown> } | null | undefined)?.transfer ?? []) {
    if (!(item instanceof ArrayBuffer)) {
      throw codedError(TypeError, 'ERR_INVALID_TRANSFER_OBJECT', 'Found invalid object in transferList');
    }
    buffers.set(item, item.slice(0));
  }
  return buffers;
}

export function structuredClone(...args: [value?: unknown, options?: unknown]): unknown {
  if (args.length === 0) throw codedError(TypeError, 'ERR_MISSING_ARGS', 'The value argument must be specified');
  const buffers = transferred(args[1]);
  const result = clone(args[0], new Map<object, object>(buffers));
  for (const buffer of buffers.keys()) buffer.transfer();
  return result;
}

export function install(target: typeof globalThis): void {
  define(target, { structuredClone });
}
