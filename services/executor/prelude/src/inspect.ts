/**
 * `inspect`: values as text, in the manner of Node's `util.inspect`.
 *
 * It runs no getter, survives every trap of a Proxy, and stops when its budget of characters is used up, so that a
 * hostile value costs no more than a long one.
 */
import { define } from './define.ts';
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

export interface InspectOptions {
  /** Levels of nested objects shown; null for as many as there may be. */
  depth?: number | null;
  /** Characters after which the text is cut. */
  maxChars?: number;
}

/** Objects may show themselves under this key, as in Node. */
export const customInspect = Symbol.for('nodejs.util.inspect.custom');

/** Has the instances of `type` shown as instances with these fields. */
export function showAs<T extends object>(type: abstract new (...args: any[]) => T, fields: (value: T) => object): void {
  const show = (value: T) => Object.setPrototypeOf(fields(value), { constructor: type });
  define(type.prototype, {
    [customInspect](this: T) {
      return show(this);
    },
  });
}

const MAX_DEPTH = 20;
const MAX_ITEMS = 100;
const MAX_CUSTOMS = 50;
const LINE_WIDTH = 72;
const LEVELS_ON_ONE_LINE = 3;

const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const nextOfMap = getPrototypeOf(new Map().entries()) as unknown as { next: () => IteratorResult<[unknown, unknown]> };
const nextOfSet = getPrototypeOf(new Set().values()) as unknown as { next: () => IteratorResult<unknown> };
const [mapNext, setNext] = [nextOfMap.next, nextOfSet.next];
const TypedArray = getPrototypeOf(Uint8Array) as unknown as new () => Uint8Array;

/** How an object is framed: what stands before the brace, the braces, and the entries already made. */
interface Shape {
  prefix: string;
  open: string;
  close: string;
  entries: string[];
  /** Whether the entries are an array's elements, of which many may share a line. */
  isList?: boolean;
  /** Own keys that the entries have covered. */
  skip?: (key: string | symbol) => boolean;
}

class Printer {
  #left: number;
  readonly #depth: number;
  #deepest = 0;
  #customs = 0;
  readonly #path: object[] = [];
  readonly #circular: object[] = [];

  constructor(depth: number, maxChars: number) {
    this.#depth = depth;
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
    return this.#spend(primitiveText(value, this.#left + 1));
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
    this.#customs++;
    const shown: unknown = apply(show, value, [this.#depth - this.#path.length, {}, inspect]);
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
    if (level > this.#depth && !isLeaf(value)) {
      return this.#spend(`[${isArray(value) ? 'Array' : (className(value) ?? 'Object: null prototype')}]`);
    }
    this.#deepest = level;
    const text = this.#within(value, () => {
      const shape = this.#shape(value);
      this.#properties(value, shape);
      return this.#layout(shape, level);
    });
    const index = this.#circular.indexOf(value);
    return index < 0 ? text : `<ref *${index + 1}> ${text}`;
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
    return this.#base(value) ?? { prefix: prefixOf(value, 'Object'), open: '{', close: '}', entries: [] };
  }

  /** Values with a text of their own: braces only follow where there are further properties. */
  #base(value: object): Shape | null {
    const text = baseText(value);
    if (text === null) return null;
    const skip = value instanceof Error ? (key: string | symbol) => key === 'stack' || key === 'message' : isIndex;
    const shape: Shape = { prefix: `${this.#spend(text)} `, open: '', close: '', entries: [], skip };
    const cause = value instanceof Error ? getOwnPropertyDescriptor(value, 'cause') : undefined;
    if (cause && !cause.enumerable && 'value' in cause) shape.entries.push(`[cause]: ${this.print(cause.value)}`);
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
    for (; i < length && entries.length < MAX_ITEMS && this.#left > 0 && i < MAX_CHARS; i++) {
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
    return { prefix, open: '[', close: ']', entries, isList: true, skip: isIndex };
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
    for (let step; entries.length < MAX_ITEMS && this.#left > 0 && !(step = apply(mapNext, iterator, [])).done;) {
      const [key, item] = step.value as [unknown, unknown];
      entries.push(`${this.print(key)} => ${this.print(item)}`);
    }
    this.#more(entries, value.size - entries.length);
    return { prefix: prefixOf(value, '', value.size), open: '{', close: '}', entries };
  }

  #set(value: Set<unknown>): Shape {
    const iterator = apply(setValues, value, []);
    const entries: string[] = [];
    for (let step; entries.length < MAX_ITEMS && this.#left > 0 && !(step = apply(setNext, iterator, [])).done;) {
      entries.push(this.print(step.value));
    }
    this.#more(entries, value.size - entries.length);
    return { prefix: prefixOf(value, '', value.size), open: '{', close: '}', entries };
  }

  #properties(value: object, shape: Shape): void {
    for (const key of ownKeys(value)) {
      if (shape.skip?.(key)) continue;
      if (this.#left <= 0) return void shape.entries.push('…');
      const found = getOwnPropertyDescriptor(value, key);
      if (found?.enumerable) shape.entries.push(`${this.#spend(keyText(key))}: ${this.#value(found)}`);
    }
  }

  #value(found: PropertyDescriptor): string {
    if (found.get) return this.#spend(found.set ? '[Getter/Setter]' : '[Getter]');
    return found.set ? this.#spend('[Setter]') : this.print(found.value);
  }

  #layout({ prefix, open, close, entries, isList }: Shape, level: number): string {
    if (entries.length === 0) return open === '' ? prefix.trimEnd() : `${prefix}${open}${close}`;
    const [left, right] = [open || '{', close || '}'];
    const indent = '  '.repeat(level);
    const lines = isList && entries.length > 6 ? packed(entries, LINE_WIDTH - indent.length) : entries;
    const short = lines.length === entries.length && this.#deepest - level < LEVELS_ON_ONE_LINE;
    const joined = entries.join(', ');
    const width = joined.length + entries.length + indent.length + left.length + prefix.length;
    if (short && width <= LINE_WIDTH && !joined.includes('\n')) return `${prefix}${left} ${joined} ${right}`;
    return `${prefix}${left}\n${indent}  ${lines.join(`,\n${indent}  `)}\n${indent}${right}`;
  }
}

/** Several short entries to a line, for long lists. */
function packed(entries: readonly string[], width: number): readonly string[] {
  if (entries.some((entry) => entry.length > 24 || entry.includes('\n'))) return entries;
  const lines: string[] = [];
  let line = '';
  for (const entry of entries) {
    if (line !== '' && line.length + entry.length + 2 > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? entry : `, ${entry}`;
  }
  return [...lines, line];
}

const isLeaf = (value: object) => !isPlain(value) && !isArray(value) && baseText(value) !== null;

/** Text of at most `maxChars` characters, with a mark where it was cut. */
export function cut(text: string, maxChars = MAX_CHARS): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}… [cut at ${maxChars} characters]`;
}

export function inspect(value: unknown, options: InspectOptions = {}): string {
  const depth = options.depth === undefined ? 2 : Math.min(options.depth ?? MAX_DEPTH, MAX_DEPTH);
  const maxChars = Math.min(options.maxChars ?? MAX_CHARS, MAX_CHARS);
  return cut(new Printer(depth, maxChars).print(value), maxChars);
}
