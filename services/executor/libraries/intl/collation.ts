/** Order of texts as people expect it: letters before their accents, those before case; not by any language's rules. */
import { getCanonicalLocales } from './locales.ts';

interface Options {
  numeric?: boolean;
  sensitivity?: 'base' | 'accent' | 'case' | 'variant';
  caseFirst?: 'upper' | 'lower' | 'false';
  ignorePunctuation?: boolean;
  usage?: 'sort' | 'search';
}

const { apply } = Reflect;
const MARKS = /\p{M}/gu;
const WORD = /[\p{L}\p{N}]/u;
// In this order come the characters before digits and letters.
const SPECIAL = '\t\n\v\f\r _-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$';

/** Ranks of a text's characters without accents and case, digits joined to numbers where they count as such. */
function ranks(text: string, numeric: boolean): (number | string)[] {
  const base = text.normalize('NFD').replace(MARKS, '').toLowerCase();
  const parts = numeric ? (base.match(/\d+|\D/gu) ?? []) : Array.from(base);
  return parts.map((part) => {
    const special = SPECIAL.indexOf(part);
    if (special >= 0) return special - 2 ** 20;
    if (!WORD.test(part)) return part.codePointAt(0)! - 2 ** 19;
    return /^\d+$/.test(part) ? Number(part) : part;
  });
}

function compareParts(a: number | string, b: number | string): number {
  if (a === b) return 0;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : 1;
}

function compareLists(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const found = compareParts(a[i]!, b[i]!);
    if (found !== 0) return found;
  }
  return Math.sign(a.length - b.length);
}

/** Accents alone, as they stand after their letters. */
const accents = (text: string) => Array.from(text.normalize('NFD').toLowerCase(), (char) => (char.match(MARKS) ? char : ''));
/** Small before large. */
const cases = (text: string) =>
  Array.from(text.normalize('NFD'), (char) => (char === char.toLowerCase() ? 0 : 1));

function compare(a: string, b: string, options: Options): number {
  const { numeric = false, sensitivity = 'variant', caseFirst, ignorePunctuation } = options;
  if (a === b) return 0;
  const [left, right] = ignorePunctuation ? [a, b].map((text) => text.replace(/[^\p{L}\p{N}\p{M}]/gu, '')) as [string, string] : [a, b];
  const byBase = compareLists(ranks(left, numeric), ranks(right, numeric));
  if (byBase !== 0 || sensitivity === 'base') return byBase;
  const byAccent = sensitivity === 'case' ? 0 : compareLists(accents(left), accents(right));
  if (byAccent !== 0 || sensitivity === 'accent') return byAccent;
  const byCase = compareLists(cases(left), cases(right));
  return (caseFirst === 'upper' ? -byCase : byCase) || 0;
}

export class Collator {
  readonly #options: Options;
  readonly #locale: string;
  readonly compare: (a: unknown, b: unknown) => number;

  constructor(locales?: unknown, options: Options = {}) {
    this.#locale = getCanonicalLocales(locales)[0] ?? 'en-US';
    this.#options = { ...options };
    if (/-u-(?:.*-)?kn(?:-true)?(?:-|$)/.test(this.#locale)) this.#options.numeric ??= true;
    this.compare = (a, b) => compare(String(a), String(b), this.#options);
  }

  static supportedLocalesOf(locales?: unknown): string[] {
    return getCanonicalLocales(locales);
  }

  resolvedOptions(): object {
    const { numeric = false, sensitivity = 'variant', caseFirst = 'false', ignorePunctuation = false, usage = 'sort' } = this.#options;
    return { locale: this.#locale, usage, sensitivity, ignorePunctuation, collation: 'default', numeric, caseFirst };
  }
}

export function localeCompare(this: unknown, other: unknown, locales?: unknown, options?: Options): number {
  const text = apply(String.prototype.toString, String(this), []) as string;
  if (locales === undefined && options === undefined) return compare(text, String(other), {});
  return new Collator(locales, options).compare(text, other);
}
