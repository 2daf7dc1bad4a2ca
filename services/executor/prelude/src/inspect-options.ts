/** The options of `inspect`: what Node has of them, and what they are within bounds. */
import { MAX_CHARS } from './inspect-values.ts';

const MAX_DEPTH = 20;
const MAX_ITEMS = 100;
const MAX_BREAK_LENGTH = 10_000;

export interface InspectOptions {
  /** Levels of nested objects shown; null for as many as there may be. */
  depth?: number | null;
  /** Characters after which the text is cut. */
  maxChars?: number;
  /** Whether objects of authors, and Buffers, show themselves as they like. */
  customInspect?: boolean;
  /** Properties that are not enumerable too, in brackets. */
  showHidden?: boolean;
  /** Elements of a list that are shown; null for as many as may be. */
  maxArrayLength?: number | null;
  /** Characters of a text that are shown; null for as many as may be. */
  maxStringLength?: number | null;
  /** How long a line may get. */
  breakLength?: number;
  /** How many levels may share a line; false for none. */
  compact?: number | boolean;
  /** Properties in the order of their names, or as the function compares them. */
  sorted?: boolean | ((a: string, b: string) => number);
}

/** The options, checked and bounded. */
export interface Settings {
  depth: number;
  maxItems: number;
  maxStringLength: number;
  customInspect: boolean;
  showHidden: boolean;
  sorted: InspectOptions['sorted'];
  breakLength: number;
  compact: number;
}

/** The number if it is one, `most` for null: there is no bound but ours. */
function bounded(value: unknown, usual: number, most: number): number {
  if (value === null) return most;
  return typeof value === 'number' && value >= 0 ? Math.min(value, most) : usual;
}

export function settingsOf(options: InspectOptions): Settings {
  const { compact } = options;
  return {
    depth: options.depth === -1 ? -1 : bounded(options.depth, 2, MAX_DEPTH),
    maxItems: bounded(options.maxArrayLength, MAX_ITEMS, MAX_CHARS),
    maxStringLength: bounded(options.maxStringLength, MAX_CHARS, MAX_CHARS + 1),
    customInspect: options.customInspect !== false,
    showHidden: options.showHidden === true,
    sorted: options.sorted,
    breakLength: bounded(options.breakLength, 80, MAX_BREAK_LENGTH),
    compact: compact === false ? 0 : bounded(compact, 3, MAX_DEPTH),
  };
}
