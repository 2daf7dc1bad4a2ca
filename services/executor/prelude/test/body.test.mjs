import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sandbox } from './harness.mjs';

const { run, value } = await sandbox();

/** What is sent for a body, which is an expression. */
function sent(body) {
  const { requests, error } = run(`await fetch('https://a.example/', { method: 'POST', body: ${body} })`);
  assert.equal(error, undefined, body);
  const [request] = requests;
  return [Buffer.from(request.body.base64 ?? '', 'base64').toString(), Object.fromEntries(request.headers)['content-type']];
}

test('streams are read before they are sent', () => {
  const bodies = {
    'chunks of an async generator': `(async function* () { yield 'a'; yield Buffer.from('é'); yield Uint8Array.of(98) })()`,
    'a stream of Node': `{ pipe() {}, on(name, f) { (this.all ??= {})[name] = f; return this },
      resume() { for (const text of ['a', 'é', 'b']) this.all.data(text); this.all.end() } }`,
    'a stream of the web': `{ getReader() { const all = ['a', 'é', 'b'];
      return { read: async () => all.length ? { done: false, value: new TextEncoder().encode(all.shift()) } : { done: true } } } }`,
    'a form that is not read through': `{ getBoundary: () => 'x', getBuffer: () => Buffer.from('aéb') }`,
    'a blob': `{ type: 'image/x', stream() {}, arrayBuffer: async () => new TextEncoder().encode('aéb').buffer }`,
  };
  const types = { 'a form that is not read through': 'multipart/form-data;boundary=x', 'a blob': 'image/x' };
  for (const [name, body] of Object.entries(bodies)) assert.deepEqual(sent(body), ['aéb', types[name]], name);
});

test('a stream that fails fails the request, which is not sent', () => {
  const { requests, error } = run(`
    const body = (async function* () { yield 'a'; throw Object.assign(new Error('broken'), { code: 'EX' }) })();
    try { await fetch('https://a.example/', { method: 'POST', body }) } catch (error) { throw new Error(error.code + ' ' + error) }`);
  assert.deepEqual(requests, []);
  const text = 'EX FetchError: Invalid response body while trying to fetch https://a.example/: broken';
  assert.equal(error.message, text);
});

test('what is no body is sent as text', () => {
  const { requests } = run(`await fetch('https://a.example/', { method: 'POST', body: { a: 1 } })`);
  assert.deepEqual(requests[0].body, { text: '[object Object]' });
});

test('a stream is shared by clones, and given back as it came', () => {
  const code = async () => {
    const stream = (async function* () {
      yield 'a';
      yield 'b';
    })();
    const response = new Response(stream);
    const copy = response.clone();
    return [response.body === stream, await response.text(), await copy.text(), response.bodyUsed];
  };
  assert.deepEqual(value(code), [true, 'ab', 'ab', true]);
});

/** Answers by path: `/302/…` sends on to the rest. */
const hops = ({ url }) => {
  const [, status, rest] = /^https?:\/\/[^/]+\/(\d+)\/(.*)$/.exec(url) ?? [];
  return status ? { status: Number(status), headers: [['Location', rest]] } : { body: { text: 'end' } };
};

test('a caller may bound how many redirects are followed', () => {
  const path = 'https://a.example/302/https://a.example/302/https://a.example/end';
  const code = (follow) => `const r = await fetch('${path}', { follow: ${follow} }); return [r.url, r.redirected, await r.text()]`;
  assert.deepEqual(value(code(2), { respond: hops }), ['https://a.example/end', true, 'end']);
  assert.throws(() => value(code(1), { respond: hops }), /^FetchError: maximum redirect reached at: https:\/\/a.example\/302\/https:\/\/a.example\/end$/);
  assert.equal(run(code(20), { respond: () => ({}) }).requests[0].redirect, 'follow');
});

test('redirects keep method and body, or become GET, and keep secrets at home', () => {
  const code = (status, to) => `await fetch('https://a.example/${status}/${to}',
    { follow: 5, method: 'POST', body: 'b', headers: { authorization: 's', 'x-a': '1' } })`;
  const seen = (status, to) => {
    const [, second] = run(code(status, to), { respond: hops }).requests;
    return [second.method, second.body, second.headers.map(([name]) => name).filter((name) => name !== 'content-type')];
  };
  assert.deepEqual(seen(307, 'https://a.example/x'), ['POST', { text: 'b' }, ['authorization', 'x-a']]);
  assert.deepEqual(seen(302, 'https://a.example/x'), ['GET', null, ['authorization', 'x-a']]);
  assert.deepEqual(seen(303, 'https://b.example/x'), ['GET', null, ['x-a']]);
  assert.deepEqual(seen(308, 'http://a.example/x'), ['POST', { text: 'b' }, ['x-a']]);
  assert.throws(() => value(code(302, 'http://[/'), { respond: hops }), /^FetchError: uri requested responds with an invalid redirect URL: http:\/\/\[\/$/);
});

test('fetch has what node-fetch exports', () => {
  const code = async () => [
    fetch.isRedirect(307),
    fetch.isRedirect(200),
    fetch.Headers === Headers && fetch.Request === Request && fetch.Response === Response,
    fetch.FetchError === FetchError && fetch.AbortError === AbortError && fetch.default === fetch,
    fetch.Promise === Promise,
    Object.keys(fetch),
  ];
  assert.deepEqual(value(code), [true, false, true, true, true, []]);
  const chosen = async () => {
    class Mine extends Promise {}
    fetch.Promise = Mine;
    const found = fetch('https://a.example/') instanceof Mine;
    fetch.Promise = Promise;
    return found;
  };
  assert.equal(value(chosen), true);
});

test('headers are as they were written, and read in any case', () => {
  const code = () => {
    const headers = new Headers({ 'X-B': 1, a: 'x' });
    headers.append('A', 'y');
    headers.append('Set-Cookie', 'c=1');
    headers.append('set-cookie', 'd=2');
    const copy = new Headers(headers);
    copy.set('x-b', 2);
    return [headers.raw(), [...copy], headers.get('A'), headers.get('set-cookie'), headers.has('none'), headers.get('none')];
  };
  assert.deepEqual(value(code), [
    { 'X-B': ['1'], a: ['x', 'y'], 'Set-Cookie': ['c=1', 'd=2'] },
    [['a', 'x, y'], ['set-cookie', 'c=1, d=2'], ['x-b', '2']],
    'x, y',
    'c=1, d=2',
    false,
    null,
  ]);
});

test('what makes no headers is told as node-fetch tells it', () => {
  const wrong = {
    '5': 'Provided initializer must be an object',
    '[5]': 'Each header pair must be iterable',
    "[['a']]": 'Each header pair must be a name/value tuple',
    "{ 'a b': 1 }": 'a b is not a legal HTTP header name',
    "{ a: '€' }": '€ is not a legal HTTP header value',
    '{ [Symbol.iterator]: 1 }': 'Header pairs must be iterable',
  };
  for (const [init, message] of Object.entries(wrong)) {
    assert.throws(() => value(`new Headers(${init})`), { name: 'TypeError', message }, init);
  }
});

test('a signal must be one', () => {
  assert.throws(() => value(`await fetch('https://a.example/', { signal: {} })`), /Expected signal to be an instanceof AbortSignal/);
});
