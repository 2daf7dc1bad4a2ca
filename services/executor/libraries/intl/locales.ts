/** What the formats of `Intl` need to know of locales: their names in order, and which stands for which. */
const TAG = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/i;

/** Each language with script and region where it is mostly written. */
const LIKELY: Record<string, [script: string, region: string]> = {
  de: ['Latn', 'DE'],
  en: ['Latn', 'US'],
  es: ['Latn', 'ES'],
  fr: ['Latn', 'FR'],
  it: ['Latn', 'IT'],
  ja: ['Jpan', 'JP'],
  nl: ['Latn', 'NL'],
  pt: ['Latn', 'BR'],
  sv: ['Latn', 'SE'],
  zh: ['Hans', 'CN'],
};

function cased(part: string, isFirst: boolean): string {
  if (isFirst) return part;
  if (/^[a-z]{4}$/.test(part)) return part[0]!.toUpperCase() + part.slice(1);
  return part.length === 2 ? part.toUpperCase() : part;
}

/** A tag as it is written: `EN-us` is `en-US`. Aliases of old are not replaced. */
function canonical(tag: unknown): string {
  if (typeof tag !== 'string' && typeof tag !== 'object') throw new TypeError('Incorrect locale information provided');
  const text = String(tag);
  if (!TAG.test(text)) throw new RangeError(`Incorrect locale information provided`);
  const parts = text.toLowerCase().split('-');
  const extension = parts.findIndex((part) => part.length === 1);
  return parts.map((part, i) => (extension >= 0 && i > extension ? part : cased(part, i === 0))).join('-');
}

export function getCanonicalLocales(locales?: unknown): string[] {
  if (locales === undefined) return [];
  const list = typeof locales === 'string' || locales instanceof Locale ? [locales] : Array.from(locales as Iterable<unknown>);
  return [...new Set(list.map(canonical))];
}

export class Locale {
  readonly #tag: string;

  constructor(tag: unknown) {
    this.#tag = canonical(tag);
  }

  get baseName(): string {
    return this.#tag.split(/-[a-z0-9]-/, 1)[0]!;
  }

  get language(): string {
    return this.#tag.split('-', 1)[0]!;
  }

  get script(): string | undefined {
    return /-([A-Z][a-z]{3})(?=-|$)/.exec(this.baseName)?.[1];
  }

  get region(): string | undefined {
    return /-([A-Z]{2}|\d{3})(?=-|$)/.exec(this.baseName)?.[1];
  }

  maximize(): Locale {
    const likely = LIKELY[this.language];
    if (likely === undefined) return this;
    return new Locale([this.language, this.script ?? likely[0], this.region ?? likely[1]].join('-'));
  }

  toString(): string {
    return this.#tag;
  }
}
