// Cuts the data of locales and time zones down, while it is bundled, to what functions use.
import { readFile } from 'node:fs/promises';

// With eras, and with names for parts of the day, formats would be three times as many. Those of the date styles in
// Chinese letters stand in for numeric ones where they are left.
const RARE = /[GB年月日]/;

// What stands between date and time in the long styles: the data has the form without it alone.
const AT = {
  de: [" 'um' ", " 'um' "],
  en: [" 'at' ", " 'at' "],
  es: [', ', " 'a' 'las' "],
  fr: [" 'à' ", " 'à' "],
  it: [" 'alle' 'ore' ", " 'alle' 'ore' "],
  nl: [" 'om' ", " 'om' "],
  pt: [" 'às' ", " 'às' "],
  sv: [" 'kl'. ", " 'kl'. "],
};

// Portuguese has a comma between date and time, which this version of the data lacks.
const comma = (language, pattern) =>
  language === 'pt' ? pattern.replace(/(?<=\{1\}|[yd])(?= (?:HH|\{0\}))/, ',') : pattern;

// Node writes plain spaces where the data has narrow ones.
const plain = (pattern) => pattern.replaceAll('\u202f', ' ');

const mapped = (values, change) => Object.fromEntries(Object.entries(values).map(([key, value]) => change(key, value)));

function joined(language, { full, long, medium, short }) {
  const at = AT[language]?.map((text) => `{1}${text}{0}`) ?? [full, long];
  return { full: at[0], long: at[1], medium: comma(language, medium), short: comma(language, short) };
}

// Leaves out what costs most and is used least: other calendars, eras, parts of the day, forms of ranges.
function dates({ locale, data }) {
  const language = locale.slice(0, 2);
  const kept = Object.entries(data.formats.gregory).filter(([skeleton]) => !RARE.test(skeleton));
  return {
    locale,
    data: {
      ...data,
      timeFormat: mapped(data.timeFormat, (style, pattern) => [style, plain(pattern)]),
      dateTimeFormat: joined(language, data.dateTimeFormat),
      intervalFormats: { intervalFormatFallback: data.intervalFormats.intervalFormatFallback },
      formats: { gregory: mapped(Object.fromEntries(kept), (key, pattern) => [plain(key), comma(language, plain(pattern))]) },
      ca: ['gregory'],
      calendarData: undefined,
    },
  };
}

// Of what was before 1970 the last change alone is kept, which has no beginning then.
function zone(text) {
  const [name, ...changes] = text.split('|');
  const starts = changes.map((change) => parseInt(change.split(',')[0], 36));
  const first = Math.max(0, starts.findLastIndex((start) => start <= 0));
  return [name, ...changes.slice(first).map((change, i) => (i === 0 && first > 0 ? change.replace(/^[^,]*/, '') : change))].join('|');
}

/** esbuild's plugin. */
export const trimIntl = {
  name: 'trim-intl',
  setup(build) {
    build.onLoad({ filter: /intl-datetimeformat[\\/]locale-data[\\/][\w-]+\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const start = text.indexOf('JSON.parse(') + 'JSON.parse('.length;
      const end = text.lastIndexOf('"') + 1;
      const data = dates(JSON.parse(JSON.parse(text.slice(start, end))));
      return { contents: `${text.slice(0, start)}${JSON.stringify(JSON.stringify(data))}${text.slice(end)}`, loader: 'js' };
    });
    build.onLoad({ filter: /intl-datetimeformat[\\/]add-all-tz\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(/("zones": )(\[[^\]]*\])/, (_all, name, list) => `${name}${JSON.stringify(JSON.parse(list).map(zone))}`);
      return { contents, loader: 'js' };
    });
  },
};
