/** `console.table`: rows and columns in a box. */
import { inspect } from './inspect.ts';

const MAX_ROWS = 50;
const MAX_CELL = 100;
const VALUES = 'Values';
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/gu;
const OF_NO_WIDTH = /\p{Mn}|\p{Me}|\p{Cf}/gu;

interface Row {
  index: string;
  /** What stands before the columns: a Map's key. */
  key?: string;
  cells: Record<string, string>;
  /** What has no columns of its own. */
  value?: string;
}

/** Small objects are shown with their properties, others by their class. */
function shown(value: unknown): string {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  const isLarge = isObject && Object.keys(value).length > 2;
  return inspect(value, { depth: isLarge ? -1 : 0, maxArrayLength: 3, breakLength: Infinity, maxChars: MAX_CELL });
}

function rowOf(index: string, row: unknown, columns: string[] | null): Row {
  const cells: Record<string, string> = Object.create(null);
  const isPrimitive = (typeof row !== 'object' && typeof row !== 'function') || row === null;
  if (isPrimitive && !columns) return { index, cells, value: shown(row) };
  for (const key of (columns ?? Object.keys(row as object)).slice(0, MAX_ROWS)) {
    cells[key] = !isPrimitive && Object.hasOwn(row, key) ? shown((row as Record<string, unknown>)[key]) : '';
  }
  return { index, cells };
}

/** The entries of a Map and the values of a Set are shown whole. */
function ofCollection(data: Map<unknown, unknown> | Set<unknown>): Row[] {
  const isMap = data instanceof Map;
  const entries = Array.from(data as Iterable<unknown>).slice(0, MAX_ROWS);
  return entries.map((entry, i) => {
    const [key, value] = isMap ? (entry as [unknown, unknown]) : [undefined, entry];
    return { index: String(i), cells: {}, value: shown(value), ...(isMap ? { key: shown(key) } : {}) };
  });
}

/** The text of a table of what an object holds, `columns` of it if they are given. */
export function tableOf(data: object, columns: string[] | null): string {
  if (data instanceof Map || data instanceof Set) return drawn('(iteration index)', ofCollection(data), [], data instanceof Map, true);
  const keys = Object.keys(data).slice(0, MAX_ROWS);
  const rows = keys.map((key) => rowOf(key, (data as Record<string, unknown>)[key], columns));
  // An object's own order: whole numbers first.
  const found = Object.keys(Object.assign(Object.create(null), ...rows.map((row) => row.cells)));
  const hasValues = rows.some((row) => row.value !== undefined);
  return drawn('(index)', rows, found.slice(0, MAX_ROWS), false, hasValues);
}

function drawn(
  title: string,
  rows: readonly Row[],
  columns: readonly string[],
  hasKeys: boolean,
  hasValues: boolean,
): string {
  const line = (first: string, key: string | undefined, cells: readonly string[], value: string | undefined) => [
    first,
    ...(hasKeys ? [key ?? ''] : []),
    ...cells,
    ...(hasValues ? [value ?? ''] : []),
  ];
  return boxed([
    line(title, 'Key', columns, VALUES),
    ...rows.map((row) => line(row.index, row.key, columns.map((column) => row.cells[column] ?? ''), row.value)),
  ]);
}

function boxed(lines: readonly string[][]): string {
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => widthOf(line[i]!))) + 2);
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
  const drawnLines = lines.map(
    (line) => `│${line.map((cell, i) => ` ${cell}${' '.repeat(widths[i]! - widthOf(cell) - 1)}`).join('│')}│`,
  );
  return [rule('┌', '┬', '┐'), drawnLines[0], rule('├', '┼', '┤'), ...drawnLines.slice(1), rule('└', '┴', '┘')].join('\n');
}

/** Columns that a terminal needs. */
function widthOf(text: string): number {
  const plain = text.replace(OF_NO_WIDTH, '');
  return Array.from(plain).length + (plain.match(WIDE)?.length ?? 0);
}
