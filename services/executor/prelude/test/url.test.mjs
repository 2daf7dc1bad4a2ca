import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sandbox } from './harness.mjs';

const { value } = await sandbox();
const params = (expression) => value(`return String(${expression})`);

// Each as Node's own URLSearchParams would have it.
const PARSED = [
  'a=b&c=d',
  '?a=b',
  'a',
  '=b',
  'a=',
  '&&a=1&&',
  'a=b=c',
  'a+b=c+d',
  'a%20b=%26',
  'a=%zz',
  'a=%',
  'a=%4',
  'a=%F0%9F%92%A9',
  'a=%E4%BD',
  'a=%FF%41',
  '%EF%BB%BFtest=%EF%BB%BF',
  '%FE%FF',
  'id=0&value=%',
  'b=%2sf%2a',
  'b=%2%2af%2a',
  'a=b\u0000c',
  "a='()~*-._!",
  'ü=€',
  'foo%3Dbar=a%26b',
  '_charset_=windows-1252&test=%C2x',
  'a=💩&%F0=1',
];

test('parses and writes queries as the standard does', () => {
  for (const text of PARSED) {
    assert.equal(params(`new URLSearchParams(${JSON.stringify(text)})`), String(new URLSearchParams(text)), text);
    const pairs = value(`return [...new URLSearchParams(${JSON.stringify(text)})]`);
    assert.deepEqual(pairs, [...new URLSearchParams(text)], text);
  }
});

// No characters beyond ASCII: beside malformed escapes Node itself takes them for single bytes.
const PIECES = [
  'a',
  'b',
  '%',
  '2',
  'f',
  '&',
  '=',
  '+',
  ' ',
  '%C3',
  '%A9',
  '%E2',
  '%82',
  '%AC',
  '%00',
  '?',
  '#',
  '\u0000',
];

/** Texts of up to twelve pieces, the same ones at each run. */
function* randomTexts(count) {
  let state = 1;
  const next = (below) => (state = (state * 48271) % 0x7fffffff) % below;
  for (let i = 0; i < count; i++) yield Array.from({ length: next(12) }, () => PIECES[next(PIECES.length)]).join('');
}

test('parses any text as Node does', () => {
  const texts = [...randomTexts(2000)];
  const code = (all) => all.map((text) => String(new URLSearchParams(text)));
  assert.deepEqual(value(`return (${code})(${JSON.stringify(texts)})`), code(texts));
  const linked = (all) => all.map((text) => String(new URL(`http://a/?${text}`).searchParams));
  assert.deepEqual(value(`return (${linked})(${JSON.stringify(texts)})`), linked(texts));
});

const CONSTRUCTED = [
  '',
  'undefined',
  '{}',
  '{ a: 1, b: "x y" }',
  '[["a", "b"], ["a", "c"]]',
  'new Map([["k", "v"]])',
  '"?"',
  '"??a=b"',
  'new URLSearchParams("q=1&q=2")',
  '[new Set(["s", "t"])]',
  '12',
  '{ a: ["x", "y"] }',
  '"\ud800=1"',
  '[["a", undefined]]',
];

test('is constructed from text, records and any iterable of pairs', () => {
  for (const init of CONSTRUCTED) {
    assert.equal(params(`new URLSearchParams(${init})`), String(eval(`new URLSearchParams(${init})`)), init);
  }
  assert.throws(() => params('new URLSearchParams([["a"]])'), /must be an iterable/);
  assert.throws(() => params('new URLSearchParams([1])'), { name: 'TypeError' });
});

const EDITS = [
  'p.append("d", "é"); p.append("a", 3)',
  'p.delete("a")',
  'p.delete("a", "2")',
  'p.delete("a", undefined)',
  'p.set("a", "9"); p.set("z", null)',
  'p.sort()',
  'for (const [name] of p) p.delete(name)',
  'p.forEach((value, name) => p.has("x") || p.append("x", name + value))',
];

test('is edited as the standard says', () => {
  for (const edit of EDITS) {
    const code = `const p = new URLSearchParams("c=3&a=1&b=&a=2&é=4"); ${edit}; return [String(p), p.size]`;
    assert.deepEqual(value(code), new Function(code)(), edit);
  }
  assert.equal(
    value(() => String(new URLSearchParams('￿=2&😀=1'))),
    '%EF%BF%BF=2&%F0%9F%98%80=1',
  );
  const sorted = 'const p = new URLSearchParams("\uffff=2&\ud83d\ude00=1&a=3"); p.sort(); return String(p)';
  assert.equal(value(sorted), new Function(sorted)());
});

test('answers questions', () => {
  const code = () => {
    const p = new URLSearchParams('a=1&a=2&b=3');
    return [
      p.get('a'),
      p.get('x'),
      p.getAll('a'),
      p.getAll('x'),
      p.has('a'),
      p.has('a', '2'),
      p.has('a', '3'),
      p.size,
      [...p.keys()],
      [...p.values()],
      [...p.entries()],
      Object.prototype.toString.call(p),
      p.entries === p[Symbol.iterator],
    ];
  };
  assert.deepEqual(value(code), code());
});

const LINKED = [
  'u.searchParams.append("b", "x y"); return u.href',
  'u.searchParams.delete("a"); return [u.href, u.search]',
  'u.search = "?q=é"; return [...u.searchParams]',
  'const p = u.searchParams; u.href = "http://other/?z=1"; return [String(p), p === u.searchParams]',
  'u.searchParams.sort(); return u.search',
  'u.hash = "h"; u.searchParams.set("a", "#&="); return u.href',
  'return u.searchParams.size',
  'const p = u.searchParams; u.search = ""; p.append("n", 1); return u.href',
];

test('lives in its URL, both ways', () => {
  for (const body of LINKED) {
    const code = `const u = new URL("https://example.com/path?c=3&a=1~'"); ${body}`;
    assert.deepEqual(value(code), new Function(code)(), body);
  }
});

// From the web platform tests: [input, base].
const URLS = [
  ['http://example\t.\norg', 'http://example.org/foo/bar'],
  ['http://user:pass@foo:21/bar;par?b#c', ''],
  ['https:foo.com', 'http://a/'],
  ['http:\\\\x:c\\', 'http://a/'],
  ['//x:y@h:80/p', 'http://a/'],
  ['http://[1::2]:3:4', 'http://a/'],
  ['http://2001::1', 'http://a/'],
  ['http://192.0x00A80001', ''],
  ['http://[::127.0.0.1]', ''],
  ['http://[0:0:0:0:0:0:13.1.68.3]', ''],
  ['http://[google.com]', ''],
  ['http://ExAmPlE.CoM', ''],
  ['http://example example.com', ''],
  ['http://0xffffffff', ''],
  ['http://256.256.256.256', ''],
  ['http://example.com/foo/%2e%2e/bar', ''],
  ['http://example.com/foo/../../../ton', ''],
  ['http://example.com////../..', ''],
  ['http://example.com/foo%41%7a', ''],
  ['http://example.com/\u4f60\u597d', ''],
  ['data:test# »', ''],
  ['http://www', 'http://a/b/'],
  ['mailto:x@y', ''],
  ['?x', 'mailto:a@b'],
  ['#frag', 'about:blank'],
  ['http://GOO\u200b\u2060\ufeffgoo.com', ''],
  ['http://example.com:65536', ''],
  ['http://a:b@c:d@e/', ''],
  ['file:///C|/x', ''],
  ['http://ho%20st/', ''],
  ['http://faß.ExAmPlE/', ''],
  ["non-special://h/p?q='", ''],
];

test('parses URLs as Node does', () => {
  const native = (input, base) => {
    try {
      return (base ? new URL(input, base) : new URL(input)).href;
    } catch {
      return 'Invalid URL';
    }
  };
  for (const [input, base] of URLS) {
    const args = [input, ...(base ? [base] : [])].map((text) => JSON.stringify(text)).join();
    const href = value(`try { return new URL(${args}).href } catch { return 'Invalid URL' }`);
    assert.equal(href, native(input, base), input);
  }
});

test('has URL.parse, which does not throw', () => {
  assert.deepEqual(
    value(() => [URL.parse('nonsense'), URL.parse('/x', 'http://a').href, URL.canParse('x')]),
    [null, 'http://a/x', false],
  );
});
