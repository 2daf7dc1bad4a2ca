/** Deep equality of `assert` and `util.isDeepStrictEqual`. */
import types from './types.ts';

const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const objectText = Object.prototype.toString;

type Pairs = Map<object, object>;

/** What tells two values of these kinds apart besides their properties. */
const VALUES: [is: (value: any) => boolean, valueOf: (value: any) => unknown][] = [
  [types.isDate!, (value) => Date.prototype.getTime.call(value)],
  [types.isRegExp!, (value) => `${value}${value.lastIndex}`],
  [types.isNumberObject!, (value) => Number.prototype.valueOf.call(value)],
  [types.isStringObject!, (value) => String.prototype.valueOf.call(value)],
  [types.isBooleanObject!, (value) => Boolean.prototype.valueOf.call(value)],
  [types.isBigIntObject!, (value) => BigInt.prototype.valueOf.call(value)],
  [types.isSymbolObject!, (value) => Symbol.prototype.valueOf.call(value)],
];
const OPAQUE = [types.isWeakMap!, types.isWeakSet!, types.isPromise!];

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';
const isEnumerable = (value: object, key: string | symbol) => getOwnPropertyDescriptor(value, key)?.enumerable === true;

class Comparison {
  readonly #strict: boolean;
  /** Pairs being compared further up: circular ones count as equal. */
  readonly #open: Pairs = new Map();

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  equal(a: unknown, b: unknown): boolean {
    if (Object.is(a, b)) return true;
    if (!isObject(a) || !isObject(b)) return this.#primitives(a, b);
    if (this.#open.get(a) === b) return true;
    this.#open.set(a, b);
    const result = this.#objects(a, b);
    this.#open.delete(a);
    return result;
  }

  #primitives(a: unknown, b: unknown): boolean {
    if (this.#strict || isObject(a) || isObject(b)) return false;
    return a == b || (a !== a && b !== b);
  }

  #objects(a: object, b: object): boolean {
    if (this.#strict && getPrototypeOf(a) !== getPrototypeOf(b)) return false;
    if (objectText.call(a) !== objectText.call(b) || Array.isArray(a) !== Array.isArray(b)) return false;
    if (OPAQUE.some((is) => is(a) || is(b))) return false;
    const kind = VALUES.find(([is]) => is(a));
    if (kind && !(kind[0](b) && Object.is(kind[1](a), kind[1](b)))) return false;
    return this.#errors(a, b) && this.#bytes(a, b) && this.#properties(a, b) && this.#collections(a, b);
  }

  #errors(a: any, b: any): boolean {
    if (!(a instanceof Error) && !(b instanceof Error)) return true;
    if (!(a instanceof Error && b instanceof Error) || a.name !== b.name || a.message !== b.message) return false;
    return this.equal(a.cause, b.cause) && this.equal((a as any).errors, (b as any).errors);
  }

  #bytes(a: any, b: any): boolean {
    if (types.isAnyArrayBuffer!(a)) return types.isAnyArrayBuffer!(b) && same(new Uint8Array(a), new Uint8Array(b));
    if (!ArrayBuffer.isView(a)) return !ArrayBuffer.isView(b);
    if (!ArrayBuffer.isView(b) || a.byteLength !== b.byteLength) return false;
    const isFloat = types.isFloat32Array!(a) || types.isFloat64Array!(a);
    if (isFloat && !this.#strict) return (a as any as number[]).every((each, i) => each == (b as any)[i]);
    return same(bytesOf(a), bytesOf(b));
  }

  #properties(a: any, b: any): boolean {
    const skip = ArrayBuffer.isView(a) || types.isStringObject!(a);
    const keysOf = (value: object) =>
      ownKeys(value).filter(
        (key) =>
          isEnumerable(value, key) &&
          (typeof key === 'string' ? !(skip && /^\d+$/.test(key)) : this.#strict),
      );
    const keys = keysOf(a);
    if (keys.length !== keysOf(b).length || (Array.isArray(a) && a.length !== b.length)) return false;
    return keys.every((key) => isEnumerable(b, key) && this.equal(a[key], b[key]));
  }

  #collections(a: any, b: any): boolean {
    if (types.isSet!(a)) return types.isSet!(b) && a.size === b.size && this.#members([...a], [...b]);
    if (types.isMap!(a)) return types.isMap!(b) && a.size === b.size && this.#members([...a], [...b]);
    return !types.isSet!(b) && !types.isMap!(b);
  }

  /** Every member of one side has its own on the other, in whatever order. */
  #members(left: unknown[], right: unknown[]): boolean {
    return left.every((member) => {
      const at = right.findIndex((other) => this.equal(member, other));
      if (at >= 0) right.splice(at, 1);
      return at >= 0;
    });
  }
}

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export const isDeepEqual = (a: unknown, b: unknown): boolean => new Comparison(false).equal(a, b);
export const isDeepStrictEqual = (a: unknown, b: unknown): boolean => new Comparison(true).equal(a, b);
