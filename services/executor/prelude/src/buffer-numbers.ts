/** Buffer's methods that read and write numbers, with Node's checks. */
import { checkNumber, invalidType, outOfBounds, outOfRange } from './arguments.ts';

/** What is wrong with an offset that lies outside; `last` is the greatest that lies inside. */
function badOffset(value: number, last: number, name?: string): Error {
  if (Math.floor(value) !== value) return outOfRange(name ?? 'offset', 'an integer', value);
  if (last < 0) return outOfBounds();
  return outOfRange(name ?? 'offset', `>= ${name ? 1 : 0} and <= ${last}`, value);
}

function checkOffset(buffer: Uint8Array, offset: unknown, size: number): asserts offset is number {
  checkNumber(offset, 'offset');
  if (buffer[offset] === undefined || buffer[offset + size - 1] === undefined) throw badOffset(offset, buffer.length - size);
}

function checkSize(size: unknown): asserts size is number {
  if (typeof size === 'number' && size >= 1 && size <= 6 && Number.isInteger(size)) return;
  if (Math.floor(size as number) !== size) checkNumber(size, 'byteLength');
  throw badOffset(size as number, 6, 'byteLength');
}

function rangeText(min: number | bigint, max: number | bigint, size: number): string {
  const n = typeof min === 'bigint' ? 'n' : '';
  if (size <= 4) return `>= ${min}${n} and <= ${max}${n}`;
  if (min === 0 || min === 0n) return `>= 0${n} and < 2${n} ** ${size * 8}${n}`;
  return `>= -(2${n} ** ${size * 8 - 1}${n}) and < 2${n} ** ${size * 8 - 1}${n}`;
}

interface Kind {
  name: string;
  size: number;
  /** Least and greatest value; none for fractions, which take any. */
  range?: [min: number | bigint, max: number | bigint];
}

const integers = (name: string, size: number): Kind[] => [
  { name: `UInt${name}`, size, range: [0, 2 ** (8 * size) - 1] },
  { name: `Int${name}`, size, range: [-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1] },
];

const BYTES = integers('8', 1);
const KINDS: Kind[] = [
  ...integers('16', 2),
  ...integers('32', 4),
  { name: 'BigUInt64', size: 8, range: [0n, 2n ** 64n - 1n] },
  { name: 'BigInt64', size: 8, range: [-(2n ** 63n), 2n ** 63n - 1n] },
  { name: 'Float', size: 4 },
  { name: 'Double', size: 8 },
];
const VIEWS: Record<string, string> = { Float: 'Float32', Double: 'Float64' };

type Access = (this: DataView, offset: number, value: unknown, littleEndian?: boolean) => unknown;
const { apply } = Reflect;
const viewMethod = (name: string) => (DataView.prototype as unknown as Record<string, Access>)[name]!;
const viewOf = (buffer: Uint8Array) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

type Methods = Record<string, (this: Uint8Array, ...args: any[]) => unknown>;

function methodsOf({ name, size, range }: Kind, suffix: 'LE' | 'BE' | ''): Methods {
  const view = VIEWS[name] ?? name.replace('UInt', 'Uint');
  const [get, set] = [viewMethod(`get${view}`), viewMethod(`set${view}`)];
  const little = suffix === 'LE';
  const isBig = name.startsWith('Big');
  return {
    [`read${name}${suffix}`](this: Uint8Array, offset: unknown = 0) {
      checkOffset(this, offset, size);
      return apply(get, viewOf(this), [offset, little]);
    },
    [`write${name}${suffix}`](this: Uint8Array, value: any, offset: unknown = 0) {
      const number = isBig ? value : +value;
      if (size === 1) checkNumber(offset, 'offset');
      if (range && (number < range[0] || number > range[1])) throw outOfRange('value', rangeText(...range, size), number);
      checkOffset(this, offset, size);
      apply(set, viewOf(this), [offset, number, little]);
      return offset + size;
    },
  };
}

function readUInt(bytes: Uint8Array, offset: unknown, size: unknown, little: boolean): number {
  if (offset === undefined) throw invalidType('offset', 'number', offset);
  checkSize(size);
  checkOffset(bytes, offset, size);
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[offset + (little ? size - 1 - i : i)]!;
  return value;
}

function write(bytes: Uint8Array, value: any, offset: unknown, size: unknown, little: boolean, signed: boolean): number {
  checkSize(size);
  const number = +value;
  const max = 2 ** (8 * size - (signed ? 1 : 0)) - 1;
  const min = signed ? -max - 1 : 0;
  if (size === 1) checkNumber(offset, 'offset');
  if (number < min || number > max) throw outOfRange('value', rangeText(min, max, size), number);
  checkOffset(bytes, offset, size);
  let rest = Math.trunc(number) || 0;
  if (rest < 0) rest += 2 ** (8 * size);
  for (let i = 0; i < size; i++, rest = Math.floor(rest / 256)) bytes[offset + (little ? i : size - 1 - i)] = rest % 256;
  return offset + size;
}

function ofAnySize(suffix: 'LE' | 'BE'): Methods {
  const little = suffix === 'LE';
  return {
    [`readUInt${suffix}`](offset: unknown, size: unknown) {
      return readUInt(this, offset, size, little);
    },
    [`readInt${suffix}`](offset: unknown, size: number) {
      const value = readUInt(this, offset, size, little);
      return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    },
    [`writeUInt${suffix}`](value: unknown, offset: unknown, size: unknown) {
      return write(this, value, offset, size, little, false);
    },
    [`writeInt${suffix}`](value: unknown, offset: unknown, size: unknown) {
      return write(this, value, offset, size, little, true);
    },
  };
}

/** All of them by name; `Uint` in place of `UInt` names the same function. */
export function numberMethods(): Methods {
  const methods: Methods = {};
  for (const kind of BYTES) Object.assign(methods, methodsOf(kind, ''));
  for (const suffix of ['LE', 'BE'] as const) {
    for (const kind of KINDS) Object.assign(methods, methodsOf(kind, suffix));
    Object.assign(methods, ofAnySize(suffix));
  }
  for (const [name, method] of Object.entries(methods)) methods[name.replace('UInt', 'Uint')] = method;
  return methods;
}
