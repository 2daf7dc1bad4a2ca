/**
 * `inspect`: values as text, in the manner of Node's `util.inspect`.
 *
 * It runs no getter, survives every trap of a Proxy, and stops when its budget of characters is used up, so that a
 * hostile value costs no more than a long one.
 */
import { define } from './define.ts';
import { layout, type Shape } from './inspect-layout.ts';
import { settingsOf, type InspectOptions, type Settings } from './inspect-options.ts';
import {
  baseText,
  className,
  hexBytes,
  isIndex,
  isPlain,
  keyText,
  dataProperty,
  MAX_CHARS,
  prefixOf,
  primitiveText,
} from './inspect-values.ts';

export type { InspectOptions } from './inspect-options.ts';

/** Objects may show themselves under this key, as in Node. */
export const customInspect = Symbol.for('nodejs.util.inspect.custom');

/** Those of `showAs`: their objects have nothing else to be shown. */
const shownAs = new WeakSet<object>();
const isShownAs = shownAs.has.bind(shownAs) as (show: object) => boolean;

/** Has the instances of `type` shown as instances with these fields. */
export function showAs<T extends object>(type: abstract new (...args: any[]) => T, fields: (value: T) => object): void {
  const show = function (this: T): object {
    return Object.setPrototypeOf(fields(this), { constructor: type });
  };
  shownAs.add(show);
  define(type.prototype, { [customInspect]: show });
}

const MAX_CUSTOMS = 50;

const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const mapSize = getOwnPropertyDescriptor(Map.prototype, 'size')!.get!;
const setSize = getOwnPropertyDescriptor(Set.prototype, 'size')!.get!;
const nextOfMap = getPrototypeOf(new Map().entries()) as unknown as { next: () => IteratorResult<[unknown, unknown]> };
const nextOfSet = getPrototypeOf(new Set().values()) as unknown as { next: () => IteratorResult<unknown> };
const [mapNext, setNext] = [nextOfMap.next, nextOfSet.next];
const TypedArray = getPrototypeOf(Uint8Array) as unknown as new () => Uint8Array;

class Printer {
  #left: number;
  readonly #settings: Settings;
  #deepest = 0;
  #customs = 0;
  readonly #path: object[] = [];
  readonly #circular: object[] = [];

  constructor(settings: Settings, maxChars: number) {
    this.#settings = settings;
    this.#left = maxChars;
  }

  print(value: unknown): string {
    if (this.#left <= 0) return '…';
    const text =
      typeof value === 'object' || typeof value === 'function' ? this.#object(value) : this.#primitive(value);
    return text;
  }

  #spend(text: string): string {
    this.#left -= text.length + 2;
    return text;
  }

  #primitive(value: unknown): string {
    const { maxStringLength, breakLength, compact } = this.#settings;
    if (typeof value !== 'string') return this.#spend(primitiveText(value, this.#left + 1));
    const indent = 2 * this.#path.length;
    const isLong = compact > 0 && value.length > 16 && value.length > breakLength - indent - 4;
    const shown = value.slice(0, Math.min(maxStringLength, this.#left + 1));
    const more = maxStringLength < this.#left ? value.length - shown.length : 0;
    const parts = isLong ? (shown.match(/[^\n]*\n|[^\n]+$/g) ?? [shown]) : [shown];
    const text = parts.map((part) => primitiveText(part, part.length)).join(` +\n${' '.repeat(indent + 2)}`);
    return this.#spend(more > 0 ? `${text}... ${more} more character${more > 1 ? 's' : ''}` : text);
  }

  #object(value: object | null): string {
    if (value === null) return this.#spend('null');
    if (this.#path.includes(value)) return this.#spend(`[Circular *${this.#reference(value)}]`);
    try {
      return this.#custom(value) ?? this.#framed(value);
    } catch {
      return this.#spend('[object that cannot be inspected]');
    }
  }

  #reference(value: object): number {
    const known = this.#circular.indexOf(value);
    return known >= 0 ? known + 1 : this.#circular.push(value);
  }

  /** An object's own text under `customInspect`; looked for on prototypes too, unless those are the language's own. */
  #custom(value: object): string | null {
    if (isPlain(value) && !getOwnPropertyDescriptor(value, customInspect)) return null;
    const show = dataProperty(value, customInspect);
    if (typeof show !== 'function' || this.#customs >= MAX_CUSTOMS) return null;
    if (!this.#settings.customInspect && !isShownAs(show)) return null;
    this.#customs++;
    const shown: unknown = apply(show, value, [this.#settings.depth - this.#path.length, { ...this.#settings }, inspect]);
    if (shown === value) return null;
    if (typeof shown !== 'string') return this.print(shown);
    return this.#spend(shown.slice(0, MAX_CHARS)).replaceAll('\n', `\n${'  '.repeat(this.#path.length)}`);
  }

  #within<T>(value: object, print: () => T): T {
    this.#path.push(value);
    try {
      return print();
    } finally {
      this.#path.pop();
    }
  }

  #framed(value: object): string {
    const level = this.#path.length;
    const isEmpty = this.#isEmpty(value);
    if (level > this.#settings.depth && !isEmpty) {
      return this.#spend(`[${isArray(value) ? 'Array' : (className(value) ?? 'Object: null prototype')}]`);
    }
    if (!isEmpty) this.#deepest = level;
    const text = this.#within(value, () => {
      const shape = this.#shape(value);
      this.#properties(value, shape);
      return layout(shape, 2 * level, this.#deepest - level, this.#settings);
    });
    const index = this.#circular.indexOf(value);
    return index < 0 ? text : `<ref *${index + 1}> ${text}`;
  }

  #isEmpty(value: object): boolean {
    if (isView(value)) return className(value) === 'Buffer';
    if (value instanceof ArrayBuffer || this.#settings.showHidden) return false;
    if (value instanceof Map && apply(mapSize, value, []) !== 0) return false;
    if (value instanceof Set && apply(setSize, value, []) !== 0) return false;
    if (value instanceof WeakMap || value instanceof WeakSet || (isArray(value) && value.length > 0)) return false;
    const skip = skipped(value);
    if (isHidden(value, 'cause') || isHidden(value, 'errors')) return false;
    return !ownKeys(value).some((key) => !skip(key) && isEnumerable(value, key));
  }

  #shape(value: object): Shape {
    if (isArray(value))
      return this.#list(isPlain(value) ? '' : prefixOf(value, 'Array', value.length), value, value.length);
    if (isPlain(value)) return { prefix: '', open: '{', close: '}', entries: [] };
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return this.#set(value);
    if (isView(value) && value instanceof TypedArray) return this.#bytes(value);
    if (value instanceof ArrayBuffer) {
      const entries = [
        this.#spend(`[Uint8Contents]: <${hexBytes(new Uint8Array(value))}>`),
        `byteLength: ${value.byteLength}`,
      ];
      return { prefix: prefixOf(value, ''), open: '{', close: '}', entries };
    }
    if (value instanceof DataView) return this.#view(value);
    return this.#base(value) ?? { prefix: prefixOf(value, 'Object'), open: '{', close: '}', entries: [] };
  }

  #view(value: DataView): Shape {
    const { byteLength, byteOffset, buffer } = value;
    const entries = [`byteLength: ${byteLength}`, `byteOffset: ${byteOffset}`, `buffer: ${this.print(buffer)}`];
    return { prefix: prefixOf(value, 'Object'), open: '{', close: '}', entries };
  }

  /** Values with a text of their own: braces only follow where there are further properties. */
  #base(value: object): Shape | null {
    const text = baseText(value);
    if (text === null) return null;
    const isError = value instanceof Error;
    const indented = isError ? text.replaceAll('\n', `\n${'  '.repeat(this.#path.length - 1)}`) : text;
    const shape: Shape = { prefix: `${this.#spend(indented)} `, open: '', close: '', entries: [], skip: skipped(value) };
    for (const key of isError ? ['cause', 'errors'] : []) {
      const found = getOwnPropertyDescriptor(value, key);
      if (found && !found.enumerable && 'value' in found) shape.entries.push(`[${key}]: ${this.print(found.value)}`);
    }
    return shape;
  }

  #list(prefix: string, value: ArrayLike<unknown>, length: number): Shape {
    const entries: string[] = [];
    let holes = 0;
    const flush = () => {
      if (holes > 0) entries.push(this.#spend(`<${holes} empty item${holes > 1 ? 's' : ''}>`));
      holes = 0;
    };
    let i = 0;
    for (; i < length && entries.length < this.#settings.maxItems && this.#left > 0 && i < MAX_CHARS; i++) {
      const found = getOwnPropertyDescriptor(value, i);
      if (!found) {
        holes++;
        continue;
      }
      flush();
      entries.push(this.#value(found));
    }
    flush();
    this.#more(entries, length - i);
    return { prefix, open: '[', close: ']', entries, list: value, isCut: i < length, skip: isIndex };
  }

  #more(entries: string[], count: number): void {
    if (count > 0) entries.push(`... ${count} more item${count > 1 ? 's' : ''}`);
  }

  #bytes(value: Uint8Array): Shape {
    const name = className(value);
    if (name === 'Buffer')
      return { prefix: this.#spend(`<Buffer ${hexBytes(value)}> `), open: '', close: '', entries: [], skip: isIndex };
    return this.#list(prefixOf(value, '', value.length), value, value.length);
  }

  #map(value: Map<unknown, unknown>): Shape {
    const iterator = apply(mapEntries, value, []);
    const entries: string[] = [];
    for (let step; entries.length < this.#settings.maxItems && this.#left > 0 && !(step = apply(mapNext, iterator, [])).done;) {
      const [key, item] = step.value as [unknown, unknown];
      entries.push(`${this.print(key)} => ${this.print(item)}`);
    }
    this.#more(entries, value.size - entries.length);
    return { prefix: prefixOf(value, '', value.size), open: '{', close: '}', entries };
  }

  #set(value: Set<unknown>): Shape {
    const iterator = apply(setValues, value, []);
    const entries: string[] = [];
    for (let step; entries.length < this.#settings.maxItems && this.#left > 0 && !(step = apply(setNext, iterator, [])).done;) {
      entries.push(this.print(step.value));
    }
    this.#more(entries, value.size - entries.length);
    return { prefix: prefixOf(value, '', value.size), open: '{', close: '}', entries };
  }

  #properties(value: object, shape: Shape): void {
    const { showHidden, sorted } = this.#settings;
    const start = shape.entries.length;
    for (const key of ownKeys(value)) {
      if (shape.skip?.(key)) continue;
      if (this.#left <= 0) return void shape.entries.push('…');
      const found = getOwnPropertyDescriptor(value, key);
      if (!found || (!found.enumerable && !showHidden)) continue;
      const name = found.enumerable ? keyText(key) : `[${String(key)}]`;
      shape.entries.push(`${this.#spend(name)}: ${this.#value(found)}`);
    }
    if (!sorted) return;
    const unsorted = shape.entries.splice(shape.list ? start : 0);
    shape.entries.push(...unsorted.sort(typeof sorted === 'function' ? sorted : undefined));
  }

  #value(found: PropertyDescriptor): string {
    if (found.get) return this.#spend(found.set ? '[Getter/Setter]' : '[Getter]');
    return found.set ? this.#spend('[Setter]') : this.print(found.value);
  }
}

/** The keys that a value's own text covers. */
function skipped(value: object): (key: string | symbol) => boolean {
  if (value instanceof Error) return (key) => HEAD_KEYS.includes(key as string);
  return value instanceof String ? isIndex : () => false;
}

/** What an error tells of though it is not enumerable. */
const isHidden = (value: object, key: string) =>
  value instanceof Error && getOwnPropertyDescriptor(value, key)?.enumerable === false;
const HEAD_KEYS = ['name', 'message', 'stack'];
const isEnumerable = (value: object, key: string | symbol) => getOwnPropertyDescriptor(value, key)?.enumerable ?? false;
/** Text of at most `maxChars` characters, with a mark where it was cut. */
export function cut(text: string, maxChars = MAX_CHARS): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}… [cut at ${maxChars} characters]`;
}

export function inspect(value: unknown, options: InspectOptions = {}): string {
  const maxChars = Math.min(options.maxChars ?? MAX_CHARS, MAX_CHARS);
  return cut(new Printer(settingsOf(options), maxChars).print(value), maxChars);
}
