/** `util.types`: told by what only real instances can do, not by names. */

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const objectText = Object.prototype.toString;

/** Tests whether a built-in method accepts the value as its own. */
const accepts = (method: Function, ...args: unknown[]) => (value: unknown): boolean => {
  try {
    apply(method, value, args);
    return true;
  } catch {
    return false;
  }
};

const getter = (holder: object, name: string | symbol) => getOwnPropertyDescriptor(holder, name)!.get!;
const TypedArray = getPrototypeOf(Uint8Array.prototype)!;
const arrayName = getter(TypedArray, Symbol.toStringTag);
const isTyped = (name: string) => (value: unknown) => apply(arrayName, value, []) === name;
const isNamed = (name: string) => (value: unknown) =>
  value !== null && typeof value === 'object' && apply(objectText, value, []) === `[object ${name}]`;
const classOf = (callback: Function) => (callback as { constructor: Function }).constructor;
const AsyncFunction = classOf(async () => {});
const GeneratorFunction = classOf(function* () {});
const AsyncGeneratorFunction = classOf(async function* () {});

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';
const isBoxed = (test: (value: unknown) => boolean) => (value: unknown) => isObject(value) && test(value);
const boxes = {
  isNumberObject: isBoxed(accepts(Number.prototype.valueOf)),
  isStringObject: isBoxed(accepts(String.prototype.valueOf)),
  isBooleanObject: isBoxed(accepts(Boolean.prototype.valueOf)),
  isBigIntObject: isBoxed(accepts(BigInt.prototype.valueOf)),
  isSymbolObject: isBoxed(accepts(Symbol.prototype.valueOf)),
};
const isArrayBuffer = accepts(getter(ArrayBuffer.prototype, 'byteLength'));
const isSharedArrayBuffer =
  'SharedArrayBuffer' in globalThis ? accepts(getter(SharedArrayBuffer.prototype, 'byteLength')) : () => false;
const isGenerator = isNamed('Generator');

const types: Record<string, (value: any) => boolean> = {
  ...boxes,
  isArrayBuffer,
  isSharedArrayBuffer,
  isBoxedPrimitive: (value) => Object.values(boxes).some((test) => test(value)),
  isAnyArrayBuffer: (value) => isArrayBuffer(value) || isSharedArrayBuffer(value),
  isArrayBufferView: ArrayBuffer.isView,
  isDataView: accepts(getter(DataView.prototype, 'byteLength')),
  isTypedArray: (value) => apply(arrayName, value, []) !== undefined,
  isDate: accepts(Date.prototype.getTime),
  isMap: accepts(getter(Map.prototype, 'size')),
  isSet: accepts(getter(Set.prototype, 'size')),
  isWeakMap: accepts(WeakMap.prototype.has, {}),
  isWeakSet: accepts(WeakSet.prototype.has, {}),
  isRegExp: isNamed('RegExp'),
  isPromise: (value) => value instanceof Promise,
  isNativeError: (value) => value instanceof Error,
  isProxy: () => false,
  isExternal: () => false,
  isModuleNamespaceObject: isNamed('Module'),
  isArgumentsObject: isNamed('Arguments'),
  isMapIterator: isNamed('Map Iterator'),
  isSetIterator: isNamed('Set Iterator'),
  isGeneratorObject: (value) => isGenerator(value) || isNamed('AsyncGenerator')(value),
  isAsyncFunction: (value) => value instanceof AsyncFunction || value instanceof AsyncGeneratorFunction,
  isGeneratorFunction: (value) => value instanceof GeneratorFunction || value instanceof AsyncGeneratorFunction,
  isCryptoKey: isNamed('CryptoKey'),
  isKeyObject: isNamed('KeyObject'),
};
for (const bits of ['Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64', 'BigInt64', 'BigUint64']) {
  types[`is${bits}Array`] = isTyped(`${bits}Array`);
}
types.isUint8ClampedArray = isTyped('Uint8ClampedArray');

export default types;
