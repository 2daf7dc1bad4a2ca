/** `Intl` for numbers and dates, and the methods of Number and Date that use it. */
import { DateTimeFormat } from '@formatjs/intl-datetimeformat';
import { NumberFormat } from '@formatjs/intl-numberformat';
import { PluralRules } from '@formatjs/intl-pluralrules';

import { internals } from '../internals.ts';
import { Collator, localeCompare } from './collation.ts';
import { addLocales } from './data.ts';
import { getCanonicalLocales, Locale } from './locales.ts';
import { takeZones } from './zones.ts';

declare const require: (name: string) => unknown; // esbuild's

const { define } = internals;

const Intl = {};
define(Intl, { NumberFormat, DateTimeFormat, PluralRules, Collator, Locale, getCanonicalLocales, [Symbol.toStringTag]: 'Intl' });
define(globalThis, { Intl });
takeZones(() => require('@formatjs/intl-datetimeformat/add-all-tz.js'));
addLocales();

type Format = { format(value: unknown): string };

/** Formats by what they were made of: making one takes longer than using it a hundred times. */
function kept(make: (locales: unknown, options: object) => Format) {
  const made = new Map<string, Format>();
  return (value: unknown, locales: unknown, options: object): string => {
    const key = JSON.stringify([locales, options]);
    let format = made.get(key);
    if (format === undefined) {
      if (made.size >= MOST_KEPT) made.clear();
      made.set(key, (format = make(locales, options)));
    }
    return format.format(value);
  };
}

const MOST_KEPT = 50;
const numbers = kept((locales, options) => new NumberFormat(locales as string, options));
const dates = kept((locales, options) => new DateTimeFormat(locales as string, options) as unknown as Format);

const DATE = ['weekday', 'year', 'month', 'day'];
const TIME = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'];

/** The options of a method that shows the date, the time or both, where the caller wants none of what it shows. */
function withDefaults(given: any, shown: 'date' | 'time' | 'any'): object {
  const options = { ...given };
  const asked = [...(shown === 'time' ? [] : DATE), ...(shown === 'date' ? [] : TIME), 'dateStyle', 'timeStyle'];
  if (asked.some((name) => options[name] !== undefined)) return options;
  if (shown !== 'time') Object.assign(options, { year: 'numeric', month: 'numeric', day: 'numeric' });
  if (shown !== 'date') Object.assign(options, { hour: 'numeric', minute: 'numeric', second: 'numeric' });
  return options;
}

function shower(shown: 'date' | 'time' | 'any') {
  return (date: Date, locales: unknown, options: unknown): string => {
    const time = date.getTime();
    return Number.isNaN(time) ? 'Invalid Date' : dates(time, locales, withDefaults(options, shown));
  };
}

const [showAll, showDate, showTime] = [shower('any'), shower('date'), shower('time')];

define(Number.prototype, {
  toLocaleString(this: number, locales?: unknown, options?: object) {
    return numbers(Number(this), locales, options ?? {});
  },
});
define(BigInt.prototype, {
  toLocaleString(this: bigint, locales?: unknown, options?: object) {
    return numbers(BigInt(this), locales, options ?? {});
  },
});
define(Date.prototype, {
  toLocaleString(this: Date, locales?: unknown, options?: object) {
    return showAll(this, locales, options);
  },
  toLocaleDateString(this: Date, locales?: unknown, options?: object) {
    return showDate(this, locales, options);
  },
  toLocaleTimeString(this: Date, locales?: unknown, options?: object) {
    return showTime(this, locales, options);
  },
});
define(String.prototype, { localeCompare });

// What English is made of is worked out once, in the image.
new Date(0).toLocaleString('en-US', { timeZone: 'America/New_York' });
(0).toLocaleString('en-US');
