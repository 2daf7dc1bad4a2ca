/** How the entries of an object are laid out: on one line where they fit, long lists in columns, else line by line. */

/** How an object is framed: what stands before the brace, the braces, and the entries already made. */
export interface Shape {
  prefix: string;
  open: string;
  close: string;
  entries: string[];
  /** The elements, where the entries are a list's: many may share a line, numbers stand to the right. */
  list?: ArrayLike<unknown>;
  /** Whether a last entry tells of more elements. */
  isCut?: boolean;
  /** Own keys that the entries have covered. */
  skip?: (key: string | symbol) => boolean;
}

/** As the options of `inspect`: how long a line may get, how many levels may share one. */
export interface Layout {
  breakLength: number;
  compact: number;
}

const FEW = 6;
const MAX_COLUMNS = 15;
const SEPARATOR = 2;
/** A character is so much higher than wide: lists should look square. */
const HEIGHT_OF_CHARACTER = 2.5;
/** What Node reckons for braces, spaces and what follows. */
const AROUND = 10;
const { getOwnPropertyDescriptor } = Reflect;

/** The text of a shape that stands `indent` columns in, with `levels` of objects in it. */
export function layout(shape: Shape, indent: number, levels: number, { breakLength, compact }: Layout): string {
  const { prefix, open, close, entries } = shape;
  if (entries.length === 0) return open === '' ? prefix.trimEnd() : `${prefix}${open}${close}`;
  const [left, right] = [open || '{', close || '}'];
  const lines = shape.list && entries.length > FEW && compact > 0 ? inColumns(shape, indent, breakLength, compact) : entries;
  if (lines.length === entries.length && levels < compact) {
    const before = prefix.length + (open === '' ? 0 : 1) + indent + entries.length + AROUND;
    if (fits(entries, before, breakLength) && !(open === '' && prefix.includes('\n'))) {
      const joined = entries.join(', ');
      if (!joined.includes('\n')) return `${prefix}${left} ${joined} ${right}`;
    }
  }
  const margin = `\n${' '.repeat(indent)}`;
  return `${prefix}${left}${margin}  ${lines.join(`,${margin}  `)}${margin}${right}`;
}

function fits(entries: readonly string[], before: number, breakLength: number): boolean {
  let length = before + entries.length;
  for (let i = 0; i < entries.length && length <= breakLength; i++) length += entries[i]!.length;
  return length <= breakLength;
}

function inColumns({ entries, list, isCut }: Shape, indent: number, breakLength: number, compact: number): string[] {
  const items = isCut ? entries.slice(0, -1) : entries;
  const lengths = items.map((item) => item.length);
  const longest = Math.max(...lengths) + SEPARATOR;
  const total = lengths.reduce((sum, length) => sum + length + SEPARATOR, 0);
  if (longest * 3 + indent >= breakLength || !(total / longest > 5 || longest - SEPARATOR <= 6)) return entries;
  const bias = Math.sqrt(longest - total / entries.length);
  const width = Math.max(longest - 3 - bias, 1);
  const square = Math.round(Math.sqrt(HEIGHT_OF_CHARACTER * width * items.length) / width);
  const columns = Math.min(square, Math.floor((breakLength - indent) / longest), compact * 4, MAX_COLUMNS);
  if (columns <= 1) return entries;
  const widths = Array.from({ length: columns }, (_, column) => widest(lengths, column, columns));
  const lines = rows(items, widths, areNumbers(list!, entries.length));
  return isCut ? [...lines, entries[entries.length - 1]!] : lines;
}

function widest(lengths: readonly number[], column: number, columns: number): number {
  let found = 0;
  for (let i = column; i < lengths.length; i += columns) found = Math.max(found, lengths[i]!);
  return found + SEPARATOR;
}

function rows(items: readonly string[], widths: readonly number[], isRight: boolean): string[] {
  const lines: string[] = [];
  for (let start = 0; start < items.length; start += widths.length) {
    const row = items.slice(start, start + widths.length);
    const last = row.length - 1;
    const cells = row.map((item, column) => {
      if (column < last) return isRight ? `${item}, `.padStart(widths[column]!) : `${item}, `.padEnd(widths[column]!);
      return isRight ? item.padStart(widths[column]! - SEPARATOR) : item;
    });
    lines.push(cells.join(''));
  }
  return lines;
}

function areNumbers(list: ArrayLike<unknown>, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const value: unknown = getOwnPropertyDescriptor(list, i)?.value;
    if (typeof value !== 'number' && typeof value !== 'bigint') return false;
  }
  return true;
}
