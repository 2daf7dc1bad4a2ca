/** Arguments checked as Node's modules check them: the same codes, the same texts. */
import { codedError } from './errors.ts';
import { inspect } from './inspect.ts';

const CLASS_NAME = /^(?:[A-Z][a-z0-9]*)+$/;
const TYPES = ['string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint', 'symbol'];

function received(value: unknown): string {
  if (value === undefined || value === null) return `${value}`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const name: unknown = value.constructor?.name;
    return name ? `an instance of ${String(name)}` : inspect(value, { depth: -1 });
  }
  const text = inspect(value);
  return `type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

function listed(words: readonly string[]): string {
  if (words.length < 3) return words.join(' or ');
  return `${words.slice(0, -1).join(', ')}, or ${words.at(-1)}`;
}

/** What an argument must be, as Node words it: types first, then classes, then the rest. */
function wanted(expected: readonly string[]): string {
  const types = expected.filter((name) => TYPES.includes(name)).map((name) => name.toLowerCase());
  const classes = expected.filter((name) => !TYPES.includes(name) && CLASS_NAME.test(name));
  const others = expected.filter((name) => !TYPES.includes(name) && !CLASS_NAME.test(name));
  const parts: string[] = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of type' : 'of type'} ${listed(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${listed(classes)}`);
  if (others.length > 0) parts.push(others.length > 1 ? `one of ${listed(others)}` : aWith(others[0]!));
  return parts.join(' or ');
}

const aWith = (name: string) => (name.toLowerCase() === name ? name : `an ${name}`);

export function invalidType(name: string, expected: string | readonly string[], value: unknown): Error {
  const subject = name.endsWith(' argument') ? `The ${name}` : `The "${name}" ${name.includes('.') ? 'property' : 'argument'}`;
  const kinds = typeof expected === 'string' ? [expected] : expected;
  const message = `${subject} must be ${wanted(kinds)}. Received ${received(value)}`;
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
}

export function invalidValue(name: string, value: unknown, reason = 'is invalid'): Error {
  const shown = inspect(value);
  const text = shown.length > 128 ? `${shown.slice(0, 128)}...` : shown;
  const kind = name.includes('.') ? 'property' : 'argument';
  return codedError(TypeError, 'ERR_INVALID_ARG_VALUE', `The ${kind} '${name}' ${reason}. Received ${text}`);
}

// Both are needed: the engine compares negative BigInts wrongly with numbers.
const LARGE = 2 ** 32;
const LARGE_BIG = 2n ** 32n;
const separated = (digits: string) => digits.replace(/\B(?=(?:\d{3})+$)/g, '_');

function numberText(value: unknown): string {
  if (typeof value === 'bigint') return `${value > LARGE_BIG || value < -LARGE_BIG ? separated(`${value}`) : value}n`;
  return Number.isInteger(value) && Math.abs(value as number) > LARGE ? separated(String(value)) : inspect(value);
}

export function outOfRange(name: string, range: string, value: unknown): Error {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${numberText(value)}`;
  return codedError(RangeError, 'ERR_OUT_OF_RANGE', message);
}

export function outOfBounds(name?: string): Error {
  const message = name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds';
  return codedError(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', message);
}

export function checkNumber(value: unknown, name: string, min?: number, max?: number): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'number', value);
  const isOut = (min !== undefined && !(value >= min)) || (max !== undefined && !(value <= max));
  if (!isOut) return;
  const bounds = [min === undefined ? '' : `>= ${min}`, max === undefined ? '' : `<= ${max}`];
  throw outOfRange(name, bounds.filter(Boolean).join(' && '), value);
}

export function checkInteger(value: unknown, name: string, min: number, max: number): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

export function checkBytes(value: unknown, name: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw invalidType(name, ['Buffer', 'Uint8Array'], value);
}
