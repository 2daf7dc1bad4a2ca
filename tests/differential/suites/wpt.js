// web-platform-tests of URL: `pass` where all parts are as expected, else what there was instead.

const PARTS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

function compared(found, expected) {
  const wrong = Object.keys(expected).filter((part) => found[part] !== expected[part]);
  return wrong.length === 0 ? 'pass' : Object.fromEntries(wrong.map((part) => [part, found[part]]));
}

function parsed({ input, base }) {
  try {
    return base === null ? new URL(input) : new URL(input, base);
  } catch {
    return null;
  }
}

const KINDS = {
  parse(test) {
    const url = parsed(test);
    if (!url || test.failure) return url === null && test.failure ? 'pass' : (url?.href ?? 'refused');
    if (URL.canParse(test.input, test.base ?? undefined) !== true) return 'canParse says no';
    const expected = Object.fromEntries(PARTS.filter((part) => part in test).map((part) => [part, test[part]]));
    const query = new URLSearchParams(test.search).toString();
    return compared({ ...Object.fromEntries(PARTS.map((part) => [part, url[part]])), query: `${url.searchParams}` }, { ...expected, query });
  },
  set({ attribute, href, new_value, expected }) {
    const url = new URL(href);
    url[attribute] = new_value;
    return compared(url, expected);
  },
  encode({ input, output }) {
    const url = new URL(`https://doc.invalid/?${input}#${input}`);
    return compared(url, { search: `?${output['utf-8']}`, hash: `#${output['utf-8']}` });
  },
};

const run = ([kind, test]) => KINDS[kind](test);
