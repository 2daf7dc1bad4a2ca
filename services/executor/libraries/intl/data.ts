/** The locales that there are: English at once, the others when they are first used. */
import { DateTimeFormat } from '@formatjs/intl-datetimeformat';
import { NumberFormat } from '@formatjs/intl-numberformat';
import { PluralRules } from '@formatjs/intl-pluralrules';

import { onFirstUse } from './zones.ts';

declare const require: (name: string) => unknown; // esbuild's: evaluates the module where the call stands

type Load = () => unknown;

/** Each with its regions that need no data of their own, then its data. */
const LOCALES: Record<string, [regions: string[], numbers: Load, dates: Load]> = {
  'en-GB': [[], () => require('@formatjs/intl-numberformat/locale-data/en-GB.js'), () => require('@formatjs/intl-datetimeformat/locale-data/en-GB.js')],
  'en-CA': [[], () => require('@formatjs/intl-numberformat/locale-data/en-CA.js'), () => require('@formatjs/intl-datetimeformat/locale-data/en-CA.js')],
  'en-AU': [[], () => require('@formatjs/intl-numberformat/locale-data/en-AU.js'), () => require('@formatjs/intl-datetimeformat/locale-data/en-AU.js')],
  'en-IN': [[], () => require('@formatjs/intl-numberformat/locale-data/en-IN.js'), () => require('@formatjs/intl-datetimeformat/locale-data/en-IN.js')],
  de: [['DE'], () => require('@formatjs/intl-numberformat/locale-data/de.js'), () => require('@formatjs/intl-datetimeformat/locale-data/de.js')],
  es: [['ES'], () => require('@formatjs/intl-numberformat/locale-data/es.js'), () => require('@formatjs/intl-datetimeformat/locale-data/es.js')],
  fr: [['FR'], () => require('@formatjs/intl-numberformat/locale-data/fr.js'), () => require('@formatjs/intl-datetimeformat/locale-data/fr.js')],
  it: [['IT'], () => require('@formatjs/intl-numberformat/locale-data/it.js'), () => require('@formatjs/intl-datetimeformat/locale-data/it.js')],
  ja: [['JP'], () => require('@formatjs/intl-numberformat/locale-data/ja.js'), () => require('@formatjs/intl-datetimeformat/locale-data/ja.js')],
  nl: [['NL'], () => require('@formatjs/intl-numberformat/locale-data/nl.js'), () => require('@formatjs/intl-datetimeformat/locale-data/nl.js')],
  pt: [['BR'], () => require('@formatjs/intl-numberformat/locale-data/pt.js'), () => require('@formatjs/intl-datetimeformat/locale-data/pt.js')],
  sv: [['SE'], () => require('@formatjs/intl-numberformat/locale-data/sv.js'), () => require('@formatjs/intl-datetimeformat/locale-data/sv.js')],
  zh: [['CN'], () => require('@formatjs/intl-numberformat/locale-data/zh.js'), () => require('@formatjs/intl-datetimeformat/locale-data/zh.js')],
};

/** Runs what registers data with the global formats, whatever these are at that time. */
function register(load: Load): void {
  const { Intl: global } = globalThis;
  Object.assign(globalThis, { Intl: { NumberFormat, PluralRules, DateTimeFormat } });
  try {
    load();
  } finally {
    Object.assign(globalThis, { Intl: global });
  }
}

interface Format {
  localeData: Record<string, unknown>;
  availableLocales: Set<string>;
}

function later(format: Format, tags: string[], load: Load): void {
  for (const tag of tags) {
    format.availableLocales.add(tag);
    onFirstUse(format.localeData, tag, () => {
      for (const each of tags) delete format.localeData[each];
      register(load);
      return format.localeData[tags[0]!];
    });
  }
}

export function addLocales(): void {
  register(() => {
    require('@formatjs/intl-pluralrules/locale-data/en.js');
    for (const name of ['de', 'es', 'fr', 'it', 'ja', 'nl', 'pt', 'sv', 'zh']) PLURALS[name]!();
    require('@formatjs/intl-numberformat/locale-data/en.js');
    require('@formatjs/intl-datetimeformat/locale-data/en.js');
  });
  for (const format of [NumberFormat, DateTimeFormat]) Object.assign(format, { __defaultLocale: 'en-US' });
  for (const [name, [regions, numbers, dates]] of Object.entries(LOCALES)) {
    const tags = [name, ...regions.map((region) => `${name}-${region}`)];
    later(NumberFormat as unknown as Format, tags, numbers);
    later(DateTimeFormat as unknown as Format, tags, dates);
  }
}

const PLURALS: Record<string, Load> = {
  de: () => require('@formatjs/intl-pluralrules/locale-data/de.js'),
  es: () => require('@formatjs/intl-pluralrules/locale-data/es.js'),
  fr: () => require('@formatjs/intl-pluralrules/locale-data/fr.js'),
  it: () => require('@formatjs/intl-pluralrules/locale-data/it.js'),
  ja: () => require('@formatjs/intl-pluralrules/locale-data/ja.js'),
  nl: () => require('@formatjs/intl-pluralrules/locale-data/nl.js'),
  pt: () => require('@formatjs/intl-pluralrules/locale-data/pt.js'),
  sv: () => require('@formatjs/intl-pluralrules/locale-data/sv.js'),
  zh: () => require('@formatjs/intl-pluralrules/locale-data/zh.js'),
};
