import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sandbox } from './harness.mjs';

const { run, value } = await sandbox();
const sent = (args, options) => run(`await fetch(${args})`, options).requests[0];
const answered = (answer, code) =>
  value(`return (${code})(await fetch('https://a.example/x'))`, { respond: () => answer });
const failure = (code, options) =>
  value(
    `try { ${code} } catch (e) { return { name: e.name, message: e.message, ...e, isError: e instanceof Error } }`,
    options,
  );

test('a request has a method, an URL and headers', () => {
  assert.deepEqual(sent(`'https://a.example'`), {
    id: 1,
    method: 'GET',
    url: 'https://a.example/',
    headers: [],
    body: null,
    redirect: 'follow',
  });
  const { method, url, headers, redirect, timeout_ms } = sent(
    `new URL('https://a.example/p?q=1#h'), { method: 'post', headers: { 'X-A': 1, b: ['x', 'y'] }, redirect: 'manual', timeout: 1500 }`,
  );
  assert.deepEqual([method, url, redirect, timeout_ms], ['POST', 'https://a.example/p?q=1#h', 'manual', 1500]);
  assert.deepEqual(headers, [
    ['b', 'x,y'],
    ['x-a', '1'],
  ]);
});

test('headers come from pairs, Maps and Headers', () => {
  for (const headers of ['[["a", "1"], ["A", "2"]]', 'new Map([["a", "1, 2"]])', 'new Headers([["a", "1, 2"]])']) {
    assert.deepEqual(sent(`'http://a', { headers: ${headers} }`).headers, [['a', '1, 2']]);
  }
});

const TEXT = 'text/plain;charset=UTF-8';
const BODIES = [
  ['"téxt"', { text: 'téxt' }, TEXT],
  ['""', { text: '' }, TEXT],
  ['JSON.stringify({ a: 1 })', { text: '{"a":1}' }, TEXT],
  ['new URLSearchParams({ a: "x y" })', { text: 'a=x+y' }, 'application/x-www-form-urlencoded;charset=UTF-8'],
  ['Buffer.from([255, 0])', { base64: '/wA=' }, null],
  ['new Uint8Array([1, 2, 3]).subarray(1)', { base64: 'AgM=' }, null],
  ['new Uint16Array([258])', { base64: 'AgE=' }, null],
  ['new Uint8Array([7]).buffer', { base64: 'Bw==' }, null],
  ['new DataView(new ArrayBuffer(1))', { base64: 'AA==' }, null],
  ['{ a: 1 }', { text: '[object Object]' }, TEXT],
  ['12', { text: '12' }, TEXT],
  ['null', null, null],
  ['"lone \\ud800"', { text: 'lone \ufffd' }, TEXT],
];

test('bodies bring their content type', () => {
  for (const [body, expected, type] of BODIES) {
    const request = sent(`'http://a', { method: 'POST', body: ${body} }`);
    assert.deepEqual(request.body, expected, body);
    assert.deepEqual(Object.fromEntries(request.headers)['content-type'] ?? null, type, body);
  }
  const json = sent(`'http://a', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{}' }`);
  assert.deepEqual(json.headers, [['content-type', 'application/json']]);
});

test('names and passwords in the URL become a header', () => {
  const { url, headers } = sent(`'https://us%40er:p%3Ass@a.example/x'`);
  assert.equal(url, 'https://a.example/x');
  assert.deepEqual(headers, [['authorization', `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`]]);
});

test('a Request can be sent, and overridden', () => {
  const code = async () => {
    const base = new Request('http://a/', { method: 'patch', body: 'b', headers: { x: '1' } });
    const copy = base.clone();
    await fetch(base);
    await fetch(copy, { method: 'PUT', headers: { y: '2' } });
    return [base.method, await copy.text(), base.url];
  };
  const { requests, value: returned } = run(code);
  assert.deepEqual(
    requests.map(({ method, body, headers }) => [method, body.text, headers.map(([name]) => name)]),
    [
      ['PATCH', 'b', ['content-type', 'x']],
      ['PUT', 'b', ['y']],
    ],
  );
  assert.deepEqual(returned, ['PATCH', 'b', 'http://a/']);
});

const REFUSED = [
  [`'/path'`, 'Only absolute URLs are supported'],
  [`''`, 'Only absolute URLs are supported'],
  [`'ftp://a/'`, 'Only HTTP(S) protocols are supported'],
  [`'http://a', { body: 'x' }`, 'Request with GET/HEAD method cannot have body'],
  [`'http://a', { headers: { 'bad name': 'x' } }`, 'bad name is not a legal HTTP header name'],
  [`'http://a', { headers: { a: 'x\\r\\ny' } }`, 'x\r\ny is not a legal HTTP header value'],
];

test('a bad request is rejected, not thrown, and not sent', () => {
  for (const [args, message] of REFUSED) {
    const { value: name, requests } = run(
      `const promise = fetch(${args}); const error = await promise.catch((e) => e); return [error.name, error.message]`,
    );
    assert.deepEqual(name, ['TypeError', message]);
    assert.equal(requests.length, 0);
  }
});

test('an answer is a Response', () => {
  const answer = {
    status: 201,
    status_text: 'Created',
    url: 'https://a.example/moved',
    redirected: true,
    headers: [
      ['Content-Type', 'x/y'],
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['X', '1'],
      ['x', '2'],
    ],
    body: { text: 'hé' },
  };
  const code = async (response) => [
    response.ok,
    response.status,
    response.statusText,
    response.url,
    response.redirected,
    response.headers.get('content-TYPE'),
    response.headers.get('set-cookie'),
    response.headers.raw(),
    response.bodyUsed,
    await response.text(),
    response.bodyUsed,
    response instanceof Response,
    String(response),
  ];
  const raw = { 'content-type': ['x/y'], 'set-cookie': ['a=1', 'b=2'], x: ['1, 2'] };
  assert.deepEqual(answered(answer, code), [
    true,
    201,
    'Created',
    'https://a.example/moved',
    true,
    'x/y',
    'a=1, b=2',
    raw,
    false,
    'hé',
    true,
    true,
    '[object Response]',
  ]);
  assert.deepEqual(
    [199, 200, 299, 300, 404].map((status) => answered({ status }, (response) => response.ok)),
    [false, true, true, false, false],
  );
});

test('bodies are read as text, JSON and bytes', () => {
  const base64 = Buffer.from('{"é": [1]}').toString('base64');
  for (const body of [{ base64 }, { text: '{"é": [1]}' }]) {
    assert.deepEqual(
      answered({ body }, async (response) => await response.json()),
      { é: [1] },
    );
    assert.deepEqual(
      answered({ body }, async (response) => await response.text()),
      '{"é": [1]}',
    );
    assert.deepEqual(
      answered({ body }, async (response) => {
        const b = await response.buffer();
        return [Buffer.isBuffer(b), b.toString('base64')];
      }),
      [true, base64],
    );
    assert.deepEqual(
      answered({ body }, async (response) => {
        const b = await response.arrayBuffer();
        return [b instanceof ArrayBuffer, Buffer.from(b).toString('base64')];
      }),
      [true, base64],
    );
    assert.deepEqual(
      answered({ body }, async (response) => {
        const parts = [];
        for await (const part of response.body) parts.push(part);
        return Buffer.concat(parts).toString('base64');
      }),
      base64,
    );
  }
  assert.equal(
    answered({ body: null }, (response) => response.body),
    null,
  );
  assert.equal(
    answered({ body: null }, async (response) => await response.text()),
    '',
  );
});

test('a body is read once; a clone has its own', () => {
  assert.deepEqual(
    answered({ body: { text: 'x' } }, async (response) => {
      await response.text();
      return response.json().catch((e) => [e.name, e.message]);
    }),
    ['TypeError', 'body used already for: https://a.example/x'],
  );
  assert.deepEqual(
    answered({ body: { text: '1' } }, async (response) => {
      const copy = response.clone();
      return [await response.json(), await copy.json(), copy.url, copy.status];
    }),
    [1, 1, 'https://a.example/x', 200],
  );
  assert.throws(
    () =>
      answered({ body: { text: '1' } }, async (response) => {
        await response.text();
        response.clone();
      }),
    /cannot clone body after it is used/,
  );
});

test('an answer that is not JSON is a FetchError', () => {
  const error = failure(`await (await fetch('https://a.example/x')).json()`, {
    respond: () => ({ body: { text: '<html>' } }),
  });
  assert.match(error.message, /^invalid json response body at https:\/\/a\.example\/x reason: \S/);
  assert.deepEqual([error.name, error.type, error.isError], ['FetchError', 'invalid-json', true]);
});

const url = 'https://foo/';
const FAILURES = [
  [
    { type: 'system', code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND foo foo:443' },
    `request to ${url} failed, reason: getaddrinfo ENOTFOUND foo foo:443`,
  ],
  [{ type: 'request-timeout', message: '' }, `network timeout at: ${url}`],
  [{ type: 'max-size', message: '5242880' }, `content size at ${url} over limit: 5242880`],
  [{ type: 'max-redirect', message: '' }, `maximum redirect reached at: ${url}`],
  [
    { type: 'no-redirect', message: '' },
    `uri requested responds with a redirect, redirect mode is set to error: ${url}`,
  ],
];

test('failures are worded as node-fetch words them', () => {
  for (const [error, message] of FAILURES) {
    const seen = failure(`await fetch('https://foo')`, { respond: () => ({ error }) });
    const code = error.code ? { code: error.code, errno: error.code } : {};
    assert.deepEqual(seen, { name: 'FetchError', message, type: error.type, ...code, isError: true });
  }
});

test('an answer over the size asked for is refused', () => {
  const respond = () => ({ body: { text: 'éé' } });
  assert.match(failure(`await (await fetch('https://foo', { size: 3 })).text()`, { respond }).message, /over limit: 3$/);
  assert.equal(
    value(async () => (await fetch('https://foo', { size: 4 })).text(), { respond }),
    'éé',
  );
});

test('requests run at the same time', () => {
  const respond = ({ url }) => ({ delay: url.endsWith('slow') ? 50 : 10, body: { text: url } });
  const code = async () => {
    const order = [];
    await Promise.all(['slow', 'fast'].map(async (name) => order.push(await (await fetch('http://a/' + name)).text())));
    return order;
  };
  assert.deepEqual(value(code, { respond }), ['http://a/fast', 'http://a/slow']);
});

test('a signal aborts a request, before, during and not after', () => {
  const respond = () => ({ delay: 100 });
  const abortAfter = (delay) => `const control = new AbortController();
    setTimeout(() => control.abort(), ${delay});
    await fetch('http://a', { signal: control.signal });
    return 'answered'`;
  const { error, cancelled } = run(abortAfter(10), { respond });
  assert.deepEqual(error, { name: 'AbortError', message: 'The user aborted a request.' });
  assert.equal(cancelled.length, 1);
  assert.equal(value(abortAfter(200), { respond }), 'answered');
  const early = run(async () => {
    await fetch('http://a', { signal: AbortSignal.abort() });
  });
  assert.deepEqual([early.error.name, early.requests], ['AbortError', []]);
  assert.equal(failure(`await fetch('http://a', { signal: AbortSignal.timeout(10) })`, { respond }).type, 'aborted');
});

test('AbortSignal tells its listeners once', () => {
  const code = () => {
    const seen = [];
    const control = new AbortController();
    const { signal } = control;
    const removed = () => seen.push('removed');
    signal.onabort = (e) => seen.push('on' + e.type);
    signal.addEventListener('abort', () => seen.push('listener'));
    signal.addEventListener('abort', removed);
    signal.removeEventListener('abort', removed);
    const any = AbortSignal.any([new AbortController().signal, signal]);
    control.abort('why');
    control.abort('again');
    return [seen, signal.aborted, signal.reason, any.aborted, any.reason, new AbortController().signal.aborted];
  };
  assert.deepEqual(value(code), [['onabort', 'listener'], true, 'why', true, 'why', false]);
  assert.throws(
    () =>
      value(() => {
        AbortSignal.abort().throwIfAborted();
      }),
    { name: 'AbortError' },
  );
});

test("Headers is the standard's", () => {
  const code = () => {
    const h = new Headers({ B: '1', a: ' 2 ' });
    h.append('b', '3');
    h.set('C', 'x');
    h.delete('c');
    const seen = [];
    h.forEach((value, name) => seen.push(name, value));
    return [[...h], [...h.keys()], [...h.values()], h.has('B'), h.get('none'), seen, String(h), Object.keys(h)];
  };
  assert.deepEqual(value(code), JSON.parse(JSON.stringify(code())));
  assert.throws(
    () =>
      value(() => {
        new Headers('text');
      }),
    { name: 'TypeError' },
  );
});

test('Response can be made by hand', () => {
  assert.deepEqual(
    value(async () => {
      const r = new Response('{"a":1}', { status: 404, headers: { x: '1' } });
      return [r.ok, r.status, r.statusText, r.url, r.headers.get('x'), r.headers.get('content-type'), await r.json()];
    }),
    [false, 404, 'Not Found', '', '1', TEXT, { a: 1 }],
  );
  assert.deepEqual(
    value(() => {
      const r = Response.redirect('http://a/b', 301);
      return [r.status, r.headers.get('location')];
    }),
    [301, 'http://a/b'],
  );
});

test('what an author does to built-in names breaks no request of the next event', () => {
  run(async () => {
    JSON.parse = JSON.stringify = () => {
      throw new Error('poisoned');
    };
    await 1;
  });
  assert.equal(
    answered({ body: { text: '{"a":1}' } }, async (response) => (await response.json()).a),
    1,
  );
});
