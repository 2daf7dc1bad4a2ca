import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';

import { sandbox } from './harness.mjs';

const { run, value } = await sandbox();
const inspected = (expression, options = '') => value(`return __test.inspect(${expression}${options})`);
const logged = (code, options) => run(code, options).logs.map(({ text }) => text);

const AS_NODE = [
  'null',
  'undefined',
  'true',
  '-0',
  '1.5',
  '10n',
  '"it\'s"',
  '`a"\'b`',
  '"a\\n\\t\\u0001"',
  'Symbol("x")',
  '{}',
  '[]',
  '{ a: 1, "a-b": 2, 3: 4 }',
  '[1, "a", null, undefined]',
  '[, 1, , ,]',
  'Object.assign([1], { k: 2 })',
  '{ a: { b: { c: { d: 1 } } } }',
  '[[[[1]]]]',
  '[{ a: { b: 1 } }]',
  'Object.create(null)',
  'Object.assign(Object.create(null), { a: 1 })',
  'new (class A { x = 1; get y() { return 2 } })()',
  'class A {}',
  'class B extends Map {}',
  '() => 1',
  'function foo() {}',
  'async () => {}',
  'function* g() {}',
  'Object.assign(() => 1, { a: 1 })',
  '{ f() {}, g: Math.max }',
  'new Map([[1, { a: 2 }], ["k", [1]]])',
  'new Set([1, "a"])',
  'new (class M extends Map {})()',
  'new Map()',
  'new WeakMap()',
  'new WeakSet()',
  'new Uint8Array(3)',
  'new Float64Array([1.5])',
  'Buffer.from("hi")',
  'Buffer.alloc(60)',
  'new Date(0)',
  'new Date(NaN)',
  '/a\\/b/gi',
  '{ get a() { return 1 }, set a(v) {}, get b() { return 1 }, set c(v) {} }',
  'new Boolean(true)',
  'new Number(-0)',
  'Object(1n)',
  'Object(Symbol("s"))',
  'new String("ab")',
  'Math',
  'JSON',
  '(() => { const c = { n: 1 }; c.self = c; c.l = [c]; return c })()',
  '(() => { const a = [1]; a.push(a); return { a } })()',
  'Array(200).fill(7).slice(0, 5)',
  'Array.from({ length: 130 }, (_, i) => i)',
  'Array.from({ length: 30 }, (_, i) => "item".repeat(i % 5))',
  '"a".repeat(120)',
  '{ a: "a".repeat(90), b: 1 }',
  '{ id: "order_1234567890", total: 12.5, currency: "EUR", items: ["a", "b"], x: 1 }',
  '{ id: "order_1234567890", total: 12.5, currency: "EUR", items: ["a", "b"], more: "0123456789" }',
  '[{ sku: "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", n: 1 }, { sku: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", n: 2 }]',
  'new URLSearchParams("a=1&a=2")',
  'new URL("https://u:p@a.example:81/b?c=d#e")',
  'new Headers({ a: "1", "x-b": "2" })',
  '[1, 2, 3, 4, 5, 6]',
  '[undefined, null]',
  '{ a: undefined }',
  'new Error("x", { cause: 1 }).cause',
  '[new Date(0), /x/]',
  '{ nested: new URL("http://a/") }',
  '[new Headers({ a: "1" })]',
  '{ a: 1, [Symbol.for("nodejs.util.inspect.custom")]() { return "mine" } }',
];

test('inspects as Node does', () => {
  const ours = AS_NODE.map((expression) => inspected(`(${expression})`));
  const nodes = AS_NODE.map((expression) => inspect(eval(`(${expression})`)));
  assert.deepEqual(ours, nodes);
});

test('shows errors by name, message and the frames of the function, fields after', () => {
  const text = inspected('Object.assign(new TypeError("boo"), { code: "X" })');
  assert.match(text, /^TypeError: boo\n {4}at .*function\.js:\d+:\d+\)? \{\n {2}code: 'X'\n\}$/s);
  assert.match(inspected('new RetryError("later")'), /^RetryError: later\n {4}at /);
  assert.match(inspected('new Error("x", { cause: new Error("y") })'), /\[cause\]: Error: y/);
  assert.equal(inspected('Object.assign(new Error("m"), { stack: "" })'), '[Error: m]');
  assert.equal(inspected('Object.defineProperty(new Error("m"), "stack", { get() { throw 1 } })'), '[Error: m]');
});

test('depth', () => {
  assert.equal(inspected('{ a: { b: {} } }', ', { depth: 0 }'), '{ a: [Object] }');
  assert.match(inspected('{ a: { b: { c: { d: { e: 1 } } } } }', ', { depth: null }'), /e: 1/);
});

const HOSTILE = [
  'new Proxy({}, { ownKeys() { throw new Error("trap") } })',
  'new Proxy({}, { getPrototypeOf() { throw 1 }, get() { throw 2 }, getOwnPropertyDescriptor() { throw 3 } })',
  'new Proxy([], { get() { throw 1 } })',
  'new Proxy(function () {}, { get() { throw 1 } })',
  '(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()',
  '({ get [Symbol.toStringTag]() { throw 1 }, get constructor() { throw 2 } })',
  'Object.create({ get constructor() { throw 1 } })',
  '({ __proto__: Map.prototype })',
  '({ __proto__: Date.prototype })',
  '({ __proto__: RegExp.prototype })',
  '({ __proto__: Error.prototype })',
  '({ __proto__: Uint8Array.prototype })',
  '({ __proto__: URL.prototype })',
  '({ __proto__: Headers.prototype })',
  '({ __proto__: Buffer.prototype })',
  'Object.defineProperty(new Error("x"), "name", { get() { throw 1 } })',
  'Object.assign(new Error("x"), { message: Symbol("s"), name: {} })',
  'Object.defineProperty(class {}, "name", { get() { throw 1 } })',
  '({ [Symbol.for("nodejs.util.inspect.custom")]() { throw 1 } })',
  '({ [Symbol.for("nodejs.util.inspect.custom")]() { return { __proto__: this } } })',
  '(function nest(i) { return i ? { i: nest(i - 1), j: nest(i - 1) } : {} })(12)',
  '"x".repeat(5e6)',
  'Array(4e9 / 4).fill',
  'Object.assign([], { length: 4e9 })',
  'Array.from({ length: 1e5 }, () => "long text of an item")',
  'new Map(Array.from({ length: 1e4 }, (_, i) => [i, i]))',
  'Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => ["k" + i, i]))',
  'new Uint8Array(1e6)',
  'new Array(1e6)',
  'Symbol("x".repeat(1e5))',
  '({ ["k".repeat(1e5)]: 1 })',
  '10n ** 5000n',
];

test('survives hostile values, in bounded text', () => {
  for (const expression of HOSTILE) {
    for (const code of [
      `console.log(${expression})`,
      `console.log('%s %d %j %o', ${expression}, 1, 2, 3)`,
      `console.dir(${expression}, { depth: null })`,
    ]) {
      const { logs, error } = run(code);
      assert.equal(error, undefined, code);
      assert.ok(logs.length === 1 && logs[0].text.length < 4200, code);
    }
  }
});

test('writes Unicode only', () => {
  assert.deepEqual(
    logged(() => console.log('a\ud800', ['\udc00'])),
    ["a\ufffd [ '\\udc00' ]"],
  );
});

test('runs no getter', () => {
  assert.deepEqual(
    value(() => {
      let ran = 0;
      console.log(
        {
          get a() {
            ran++;
            return 1;
          },
        },
        [
          {
            get b() {
              ran++;
            },
          },
        ],
      );
      return ran;
    }),
    0,
  );
});

const FORMATTED = [
  ['a', 1, { b: 2 }],
  ['%s|%s|%s', 'x', 1, null],
  ['%s', { a: { b: { c: 1 } } }],
  ['%s', [1, [2, [3]]]],
  ['%d %d %d', '12', 'x', 10n],
  ['%i %i', '12.5', 'abc'],
  ['%f', '1.5x'],
  ['%j', { a: [1] }],
  ['%O', { a: { b: 1 } }],
  ['100%', 1],
  ['%%', 1],
  ['%% %s'],
  ['%x %s', 1],
  ['%c red', 'css'],
  ['%s'],
  ['%s %s', 'one'],
  [1, '%s', 2],
  [undefined],
  ['%s', undefined],
  ['%s', -0],
  ['%d', {}],
  ['%i', null],
  ['%s', 5n],
  ['a', 'b\nc'],
  ["it's", ["it's"]],
];

test('formats as Node does', () => {
  for (const args of FORMATTED) {
    const code = args.map((arg) =>
      arg === undefined
        ? 'undefined'
        : typeof arg === 'bigint'
          ? `${arg}n`
          : Object.is(arg, -0)
            ? '-0'
            : JSON.stringify(arg),
    );
    assert.deepEqual(logged(`console.log(${code.join()})`), [format(...args)], code.join());
  }
  const custom =
    "class Money { toString() { return '5 EUR' } }; console.log('%s %s %s', new Money(), new URL('http://a/'), new Date(0))";
  assert.deepEqual(logged(custom), ['5 EUR http://a/ 1970-01-01T00:00:00.000Z']);
  assert.deepEqual(
    logged(() => {
      console.log(
        '%j',
        (() => {
          const c = {};
          c.c = c;
          return c;
        })(),
      );
    }),
    ['[Circular]'],
  );
});

test('has levels, and the time of each entry', () => {
  const { logs } = run(() => {
    console.log(1);
    console.info(2);
    console.warn(3);
    console.error(4);
    console.debug(5);
  });
  assert.deepEqual(
    logs.map(({ level }) => level),
    ['info', 'info', 'warn', 'error', 'debug'],
  );
  assert.ok(logs.every(({ time_ms }) => time_ms >= 1_700_000_000_000));
});

test('assert, count, group, table, trace', () => {
  const code = () => {
    console.assert(true, 'no');
    console.assert(false, 'because %s', 1);
    console.assert(false);
    console.count();
    console.count('x');
    console.count();
    console.countReset();
    console.count();
    console.group('G');
    console.log('in\nside');
    console.groupEnd();
    console.log('out');
  };
  const expected = [
    'Assertion failed: because 1',
    'Assertion failed',
    'default: 1',
    'x: 1',
    'default: 2',
    'default: 1',
    'G',
    '  in\n  side',
    'out',
  ];
  assert.deepEqual(logged(code), expected);
  assert.deepEqual(
    logged(() => {
      console.table([{ a: 1, b: 'x' }, { b: 2 }, 7]);
    }),
    [
      [
        '┌─────────┬───┬─────┬────────┐',
        '│ (index) │ a │ b   │ Values │',
        '├─────────┼───┼─────┼────────┤',
        "│ 0       │ 1 │ 'x' │        │",
        '│ 1       │   │ 2   │        │',
        '│ 2       │   │     │ 7      │',
        '└─────────┴───┴─────┴────────┘',
      ].join('\n'),
    ],
  );
  assert.match(
    logged(() => {
      console.trace('here %d', 1);
    })[0],
    /^Trace: here 1\n {4}at /,
  );
});

test('times, and what is left of an event is gone in the next', () => {
  const code = async () => {
    console.time();
    await new Promise((r) => setTimeout(r, 5));
    console.timeLog('default', 'x');
    console.timeEnd();
    console.timeEnd();
    console.group();
    console.count('n');
  };
  const texts = logged(code);
  assert.match(texts[0], /^default: \d+ms x$/);
  assert.match(texts[2], /No such label 'default'/);
  assert.deepEqual(
    logged(() => {
      console.count('n');
    }),
    ['n: 1'],
  );
});

test('a loop that logs is bounded, per event', () => {
  const flood = () => {
    for (let i = 0; i < 1e5; i++) console.log('some text', { i });
  };
  for (let event = 0; event < 2; event++) {
    const characters = run(flood).logs.reduce((sum, { text }) => sum + text.length, 0);
    assert.ok(characters > 50_000 && characters < 70_000);
  }
});

test('the console can be replaced, and works detached', () => {
  assert.deepEqual(
    logged(() => {
      const { log } = console;
      log('a');
      globalThis.console = { log() {} };
      console.log('b');
      globalThis.console = undefined;
    }),
    ['a'],
  );
});
