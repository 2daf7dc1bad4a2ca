import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sandbox } from './harness.mjs';

const { run, value } = await sandbox();

test('Segment calls keep the known keys and drop the rest', () => {
  const all = {
    userId: 'u',
    anonymousId: 'a',
    event: 'E',
    name: 'N',
    category: 'C',
    groupId: 'g',
    previousId: 'p',
    traits: { t: 1 },
    properties: { p: 1 },
    context: {},
    integrations: { All: false },
    messageId: 'm',
    sentAt: 's',
    timestamp: 't',
    receivedAt: 'r',
    version: 2,
    type: 'other',
  };
  const common = {
    userId: 'u',
    anonymousId: 'a',
    context: {},
    integrations: { All: false },
    messageId: 'm',
    sentAt: 's',
    timestamp: 't',
  };
  const expected = [
    { type: 'identify', traits: { t: 1 }, ...common },
    { type: 'track', event: 'E', properties: { p: 1 }, ...common },
    { type: 'page', name: 'N', properties: { p: 1 }, ...common },
    { type: 'screen', name: 'N', properties: { p: 1 }, ...common },
    { type: 'group', groupId: 'g', traits: { t: 1 }, ...common },
    { type: 'alias', previousId: 'p', ...common },
  ];
  const { messages, value: returned } = run(
    `return ['identify', 'track', 'page', 'screen', 'group', 'alias'].map((call) => Segment[call](${JSON.stringify(all)}))`,
  );
  assert.deepEqual(messages, expected);
  assert.deepEqual(returned, expected);
});

test('Segment.set makes an object', () => {
  const { objects } = run(() => {
    Segment.set({ collection: 'rooms', id: null, properties: { a: 1 }, extra: 1 });
    Segment.set({ collection: 'x', id: '1' });
  });
  assert.deepEqual(objects, [
    { collection: 'rooms', id: null, properties: { a: 1 } },
    { collection: 'x', id: '1' },
  ]);
});

const INVALID = [
  ["track({ userId: 'u' })", 'event is required but not defined'],
  ["track({ event: '', userId: 'u' })", 'event is required but not defined'],
  ["track({ event: 'x' })", 'One of userId,anonymousId is required but not defined'],
  ['identify({ userId: 0 })', 'One of userId,anonymousId is required but not defined'],
  ["group({ userId: 'u' })", 'groupId is required but not defined'],
  ["group({ groupId: 'g' })", 'One of userId,anonymousId is required but not defined'],
  ["alias({ userId: 'u' })", 'previousId is required but not defined'],
  ["page({ name: 'n' })", 'One of userId,anonymousId is required but not defined'],
  ['set({ id: 1 })', 'collection is required but not defined'],
  ["set({ collection: 'c' })", 'id is required but not defined'],
  ["set({ collection: 'c', id: '' })", 'id is required but not defined'],
];

test('Segment calls without their fields are validation errors', () => {
  for (const [call, message] of INVALID) {
    assert.deepEqual(run(`Segment.${call}`).error, { name: 'ValidationError', message }, call);
  }
});

test('values that are not truthy vanish, odd ones pass', () => {
  const code = () => {
    Segment.identify({ userId: 7, anonymousId: '', traits: 'text', context: 0 });
    Segment.track({ event: null, userId: 'u' });
  };
  assert.deepEqual(run(code).messages, [
    { type: 'identify', userId: 7, traits: 'text' },
    { type: 'track', event: null, userId: 'u' },
  ]);
});

test('what is not JSON is refused where it is sent', () => {
  const { messages, value: name } = run(() => {
    const cycle = {};
    cycle.cycle = cycle;
    const send = (properties) => Segment.track({ event: 'x', userId: 'u', properties });
    return [{ n: 1n }, cycle].map((properties) => {
      try {
        send(properties);
      } catch (error) {
        return error.name;
      }
    });
  });
  assert.deepEqual([messages, name], [[], ['TypeError', 'TypeError']]);
});

test('errors have their names', () => {
  const names = ['EventNotSupported', 'InvalidEventPayload', 'ValidationError', 'RetryError', 'DropEvent'];
  for (const name of names) {
    assert.deepEqual(
      value(
        `const e = new ${name}('m'); return [e.name, e.message, e instanceof Error, e instanceof ${name}, Object.keys(e), String(e)]`,
      ),
      [name, 'm', true, true, [], `${name}: m`],
    );
  }
});

const EMPTY_REQUEST = { method: 'POST', url: 'https://fn.example/?a=1&a=2&b=x%20y', headers: {}, body: '' };
const request = (record, body) =>
  value(`return (${body})(__test.makeRequest(${JSON.stringify({ ...EMPTY_REQUEST, ...record })}))`);

test('a stack begins with name and message', () => {
  const stack = value(() => new RangeError('too far').stack);
  assert.match(stack, /^RangeError: too far\n {4}at .*function\.js:\d+:\d+/);
  const assigned = () => {
    const error = new Error('m');
    error.stack = 'mine';
    return [error.stack, Object.create(Error.prototype).stack ?? null];
  };
  assert.deepEqual(value(assigned), ['mine', null]);
});

test('a request is synchronous, and parsed once', () => {
  const body = (request) => {
    request.json().added = 1;
    return [request.json(), request.json() === request.json(), request.text()];
  };
  assert.deepEqual(request({ body: '{"a": 1}' }, body), [{ a: 1, added: 1 }, true, '{"a": 1}']);
  assert.deepEqual(
    request({ body: { a: [1] } }, (request) => [request.json(), request.text()]),
    [{ a: [1] }, '{"a":[1]}'],
  );
  assert.deepEqual(
    request({ body: 'null' }, (request) => request.json()),
    null,
  );
  assert.throws(() => request({ body: '{' }, (request) => request.json()), { name: 'SyntaxError' });
});

test('a request has headers, an URL and a method', () => {
  const body = (request) => [
    request.headers.get('x-many'),
    request.headers.get('CONTENT-type'),
    request.url.searchParams.getAll('a'),
    request.url.searchParams.get('b'),
    request.method,
    request.url instanceof URL,
    request.headers instanceof Headers,
  ];
  const headers = { 'X-Many': ['a', 'b'], 'Content-Type': 'text/plain' };
  assert.deepEqual(request({ headers }, body), ['a,b', 'text/plain', ['1', '2'], 'x y', 'POST', true, true]);
});

test('a request may have no body', () => {
  assert.equal(
    request({ body: null }, (request) => request.text()),
    '',
  );
});

test('a form becomes an object', () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const body = (request) => {
    const form = request.json();
    return [form, request.text(), Object.getPrototypeOf(form) === Object.prototype];
  };
  const form = 'a=1&b=x+y&a=2&a=3&__proto__=p';
  const fields = JSON.parse('{"a": ["1", "2", "3"], "b": "x y", "__proto__": "p"}');
  assert.deepEqual(request({ headers, body: form }, body), [fields, form, true]);
});

test('a request shows itself in the log', () => {
  const { logs } = run(() => {
    console.log(__test.makeRequest({ method: 'POST', url: 'http://a/', headers: { x: '1' }, body: 'b' }));
  });
  assert.match(
    logs[0].text,
    /^ServerRequest \{\n {2}method: 'POST',\n {2}url: 'http:\/\/a\/',\n {2}headers: Headers \{ x: '1' \},\n {2}body: 'b'\n\}$/,
  );
});

test('timers run in order of their time, with arguments', () => {
  const code = async () => {
    const order = [];
    const add = (...names) => order.push(...names);
    setTimeout(add, 20, 'late');
    setTimeout(add, 5, 'soon', 'er');
    setImmediate(add, 'now');
    clearTimeout(setTimeout(add, 1, 'never'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    return order;
  };
  assert.deepEqual(value(code), ['now', 'soon', 'er', 'late']);
});

test('intervals repeat until cleared, by object or number', () => {
  const code = (id) =>
    `let n = 0;
    await new Promise((done) => {
      const timer = setInterval(() => {
        if (++n < 3) return;
        clearInterval(${id});
        setTimeout(done, 100);
      }, 10);
    });
    return n`;
  assert.equal(value(code('timer')), 3);
  assert.equal(value(code('+timer')), 3);
});

test('timers take odd arguments', () => {
  assert.equal(
    value(async () => await new Promise((done) => setTimeout(done, 'x', 1))),
    1,
  );
  assert.equal(
    value(async () => await new Promise((done) => setTimeout(done, -5, 2).unref().ref())),
    2,
  );
  assert.throws(
    () =>
      value(() => {
        setTimeout('code');
      }),
    { name: 'TypeError' },
  );
  assert.equal(
    value(() => {
      clearTimeout(undefined);
      clearTimeout(null);
      clearInterval({});
      clearTimeout(99);
      return 1;
    }),
    1,
  );
});

test('what a callback throws is reported', () => {
  const code = async () => {
    const seen = [];
    __test.onUncaught((error) => seen.push(error.message));
    setTimeout(() => {
      throw new Error('in timer');
    });
    await new Promise((done) => setTimeout(done, 5));
    return seen;
  };
  assert.deepEqual(value(code), ['in timer']);
});

test('timers do not outlive their event', () => {
  run(() => {
    globalThis.ticks = 0;
    setInterval(() => globalThis.ticks++, 1);
  });
  assert.equal(
    value(async () => {
      await new Promise((done) => setTimeout(done, 20));
      return globalThis.ticks;
    }),
    0,
  );
});

test("Math.random draws from the event's seed", () => {
  const code = () => [Math.random(), Math.random()];
  const draw = (seed) => value(code, { seed });
  assert.deepEqual(draw('00000001000000020000000300000004'), draw('00000001000000020000000300000004'));
  assert.notDeepEqual(draw('00000001000000020000000300000004'), draw('00000001000000020000000300000005'));
  assert.notDeepEqual(draw('00000000000000000000000000000000'), draw('00000000000000000000000000000002'));
  const many = value(() => Array.from({ length: 10000 }, Math.random));
  const mean = many.reduce((sum, x) => sum + x, 0) / many.length;
  assert.ok(many.every((x) => x >= 0 && x < 1) && Math.abs(mean - 0.5) < 0.02);
});

test('the cache loads once per key and lifetime', () => {
  const code = async () => {
    let n = 0;
    const load = () => cache.load('k', 50, async () => ++n);
    const wait = (ms) => new Promise((r) => setTimeout(r, ms));
    const first = await Promise.all([load(), load(), load()]);
    await wait(30);
    const second = await load();
    await wait(30);
    return [first, second, await load()];
  };
  assert.deepEqual(value(code), [[1, 1, 1], 1, 2]);
  assert.equal(
    value(async () => {
      let n = 0;
      await cache.load('a', -1, () => ++n);
      await cache.load('a', () => ++n);
      cache.delete('a');
      return cache.load('a', undefined, () => ++n);
    }),
    2,
  );
  assert.equal(
    value(() => cache.load('a', -1, () => 9)),
    2,
    'kept between events',
  );
  assert.equal(
    value(() => cache.load('zero', 0, () => 1).then(() => cache.load('zero', 0, () => 2))),
    2,
  );
});

test('the cache keeps no failure, and nothing that was loading when its event ended', () => {
  const code = async () => {
    let n = 0;
    const fail = () =>
      cache
        .load('f', -1, async () => {
          n++;
          throw new Error('no');
        })
        .catch((e) => e.message);
    return [await Promise.all([fail(), fail()]), await cache.load('f', -1, () => 'good'), n];
  };
  assert.deepEqual(value(code), [['no', 'no'], 'good', 1]);
  run(async () => {
    cache.load('pending', -1, () => new Promise(() => {}));
    await new Promise(() => {});
  });
  assert.equal(
    value(() => cache.load('pending', -1, () => 'again')),
    'again',
  );
  assert.throws(() => value(() => cache.load('x', 5)), { name: 'TypeError' });
});

test('the cache is bounded', () => {
  assert.deepEqual(
    value(async () => {
      for (let i = 0; i < 1500; i++) await cache.load('n' + i, -1, () => i);
      return [await cache.load('n0', -1, () => 'gone'), await cache.load('n1499', -1, () => 'gone')];
    }),
    ['gone', 1499],
  );
});

test("global names can be reassigned; Node's module names are absent", () => {
  assert.equal(
    value(() => {
      const names = [
        'fetch',
        'Buffer',
        'crypto',
        'cache',
        'console',
        'URL',
        'Segment',
        'RetryError',
        'setTimeout',
        'window',
      ];
      return names.every((name) => {
        const d = Object.getOwnPropertyDescriptor(globalThis, name);
        return d.writable && d.configurable;
      });
    }),
    true,
  );
  assert.deepEqual(
    value(() => ['require', 'process', 'module', 'exports', 'global'].filter((name) => name in globalThis)),
    [],
  );
  assert.equal(
    value(() => window === globalThis && window.window === window),
    true,
  );
});

test('performance counts from its first use', () => {
  const code = async () => {
    const a = performance.now();
    await new Promise((done) => setTimeout(done, 25));
    return Math.round(performance.now() - a);
  };
  assert.equal(value(code), 25);
  assert.equal(
    value(() => Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1),
    true,
  );
});

test('what an author does to built-in names does not reach the next event', () => {
  const code = () => {
    for (const type of [Map, Set, Uint8Array])
      for (const name of Reflect.ownKeys(type.prototype)) {
        if (name !== 'constructor' && typeof Object.getOwnPropertyDescriptor(type.prototype, name).value === 'function')
          type.prototype[name] = () => {
            throw new Error('poisoned');
          };
      }
    globalThis.Map = globalThis.Uint8Array = globalThis.JSON = undefined;
    return 1;
  };
  run(code);
  assert.equal(run(() => 2).value, 2);
});
