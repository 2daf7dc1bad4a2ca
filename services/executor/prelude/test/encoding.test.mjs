import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';

import { sandbox } from './harness.mjs';

const box = await sandbox();
const { value } = box;

/** Runs the same code here and in the sandbox. */
function same(body) {
  const run = typeof body === 'function' ? body : `() => { ${body} }`;
  const code = `const show = (x) => (Buffer.isBuffer(x) ? 'B:' + x.toString('hex') : x);
    const out = (${run})();
    return Array.isArray(out) ? out.map(show) : show(out)`;
  assert.deepEqual(value(code), JSON.parse(JSON.stringify(new Function(code)())), String(body));
}

const TEXTS = [
  '',
  'a',
  'hello',
  'é€😀',
  '\\ud800',
  'YQ==',
  'YQ',
  'Y Q\\n=',
  '_-8',
  'a',
  'zz',
  'abc',
  'ff0',
  'FFzz11',
  '*/-',
  '\\u0000\\u0001',
  'x',
];
const ENCODINGS = ['utf8', 'hex', 'base64', 'base64url', 'latin1', 'binary', 'ascii', 'utf16le', 'ucs2', 'UTF-8'];

test('Buffer.from and toString in every encoding', () => {
  for (const encoding of ENCODINGS) {
    same(`return [${TEXTS.map((text) => `Buffer.from('${text}', '${encoding}')`)}]`);
    same(
      `const all = [[], [255, 254, 0, 65], [0xc3, 0x28], [0xef, 0xbb, 0xbf, 65]];
      return all.map((bytes) => Buffer.from(bytes).toString('${encoding}'))`,
    );
    same(`return ['', 'abcd', 'ffff'].map((text) => Buffer.byteLength(text, '${encoding}'))`);
  }
  same(() =>
    ['é€😀', '\ud800'].map((text) => [
      Buffer.byteLength(text),
      Buffer.byteLength(text, 'latin1'),
      Buffer.byteLength(text, 'ucs2'),
    ]),
  );
});

const BUFFERS = [
  () => [
    Buffer.from([1, 2, 300]),
    Buffer.from(new Uint8Array([1, 2])),
    Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1, 1),
    Buffer.from({ type: 'Buffer', data: [1] }),
  ],
  () => [Buffer.from(Buffer.from('x')), Buffer.from(new String('s')), Buffer.from({ length: 1, 0: 7 })],
  () => [
    Buffer.alloc(3),
    Buffer.alloc(3, 1),
    Buffer.alloc(5, 'ab'),
    Buffer.alloc(2, 'YQ==', 'base64'),
    Buffer.allocUnsafe(2).length,
  ],
  () => [
    Buffer.concat([Buffer.from('a'), Buffer.from('bc')]),
    Buffer.concat([Buffer.from('abc')], 2),
    Buffer.concat([Buffer.from('a')], 3),
    Buffer.concat([]),
  ],
  () => [
    Buffer.compare(Buffer.from('a'), Buffer.from('b')),
    Buffer.from('b').compare(Buffer.from('a')),
    Buffer.from('a').equals(Buffer.from('a')),
  ],
  () => {
    const b = Buffer.from('hello');
    const s = b.slice(1, 3);
    s[0] = 120;
    return [b, s, b.subarray(-2), b.toString('utf8', 1, 3)];
  },
  () => [
    JSON.stringify(Buffer.from('hi')),
    Buffer.isBuffer(new Uint8Array(1)),
    Buffer.isEncoding('HEX'),
    Buffer.isEncoding('x'),
  ],
  () => {
    const b = Buffer.alloc(6);
    return [b.write('héllo'), b, b.write('ab', 4), b, b.write('ffff', 0, 'hex'), b, b.write('€', 4), b];
  },
  () => {
    const b = Buffer.alloc(4, 1);
    return [b.fill('xy'), b.fill(0, 1, 2), b.fill('é')];
  },
  () => {
    const b = Buffer.from('abcabc'),
      t = Buffer.alloc(4);
    return [b.copy(t), t, b.copy(t, 1, 3), t, b.copy(t, 3), t];
  },
  () => {
    const b = Buffer.from('abcabc');
    return [
      b.indexOf('c'),
      b.indexOf('ca'),
      b.indexOf('x'),
      b.indexOf('c', 3),
      b.indexOf(98),
      b.includes('bca'),
      b.indexOf('c', -2),
      b.indexOf(''),
    ];
  },
  () => {
    const b = Buffer.alloc(8);
    b.writeUInt32BE(0xdeadbeef, 0);
    b.writeInt16LE(-2, 4);
    return [b, b.readUInt32BE(0), b.readUInt32LE(), b.readInt16LE(4), b.readUInt8(0), b.readInt8(0), b.readUint16BE(2)];
  },
  () => {
    const b = Buffer.alloc(8);
    b.writeDoubleBE(1.5);
    const d = b.readDoubleBE();
    b.writeFloatLE(0.5, 4);
    return [b, d, b.readFloatLE(4), String(b.readBigUInt64BE())];
  },
  () => {
    try {
      Buffer.alloc(2).readUInt32LE(0);
    } catch (e) {
      return [e.name];
    }
  },
  () =>
    [null, undefined, 5].map((x) => {
      try {
        return Buffer.from(x);
      } catch (e) {
        return [e.name, e.code];
      }
    }),
  () => {
    try {
      return Buffer.from('a', 'nonsense');
    } catch (e) {
      return [e.name, e.code, e.message];
    }
  },
  () => {
    const b = Buffer.from([1, 2, 3]);
    return [
      b.map((x) => x * 2),
      [...b],
      b.length,
      b instanceof Uint8Array,
      b.constructor.name,
      `${Buffer.from('t')}`,
      Buffer.from('a') + '',
    ];
  },
];

test('Buffer does as Node', () => BUFFERS.forEach(same));

test('atob and btoa are as lenient as the packages', () => {
  const code = () => [
    atob('aGk='),
    atob('aGk'),
    atob('_-8').length,
    btoa('hé'),
    btoa('€'),
    btoa(Buffer.from('x')),
    btoa(12),
  ];
  assert.deepEqual(value(code), ['hi', 'hi', 2, 'aOk=', 'rA==', 'eA==', 'MTI=']);
});

test('the engine encodes and decodes text', () => {
  same(() => [
    new TextEncoder().encode('é€😀\ud800').join(),
    new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0xff])),
  ]);
  same(() => {
    const a = { d: new Date(0), m: new Map([[1, new Set([2])]]) };
    a.a = a;
    const c = structuredClone(a);
    return [c.a === c, c !== a, c.d.getTime(), c.m.get(1).has(2)];
  });
});

test('hashes and HMACs', () => {
  for (const algorithm of ['md5', 'sha1', 'sha256', 'SHA512', 'sha384', 'sha224', 'RSA-SHA256']) {
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1']) {
      const digest = value(
        `const hash = crypto.createHash('${algorithm}').update('héllo').update(Buffer.from([0, 255])).update('ff', 'hex');
        return hash.digest('${encoding}')`,
      );
      assert.equal(
        digest,
        createHash(algorithm)
          .update('héllo')
          .update(Buffer.from([0, 255]))
          .update('ff', 'hex')
          .digest(encoding),
      );
    }
    const code = `crypto.createHmac('${algorithm}', KEY).update('data').digest('hex')`;
    assert.equal(
      value(`return ${code.replace('KEY', "'secret'")}`),
      createHmac(algorithm, 'secret').update('data').digest('hex'),
    );
    assert.equal(
      value(`return ${code.replace('KEY', 'Buffer.from([1, 2])')}`),
      createHmac(algorithm, Buffer.from([1, 2]))
        .update('data')
        .digest('hex'),
    );
  }
  assert.equal(
    value(() => crypto.createHash('sha256').digest('hex')),
    createHash('sha256').digest('hex'),
  );
  assert.ok(
    value(() => {
      const d = crypto.createHash('md5').update('x').digest();
      return Buffer.isBuffer(d) && d.length === 16;
    }),
  );
});

test("hash errors are Node's", () => {
  const code = (body) => value(`try { ${body} } catch (e) { return [e.name, e.code] }`);
  assert.deepEqual(code(`crypto.createHash('nope')`), ['Error', null]);
  assert.deepEqual(code(`crypto.createHmac('nope', 'key')`), ['TypeError', 'ERR_CRYPTO_INVALID_DIGEST']);
  assert.deepEqual(code(`crypto.createHmac('sha1')`), ['TypeError', 'ERR_INVALID_ARG_TYPE']);
  assert.deepEqual(code(`const h = crypto.createHash('md5'); h.digest(); h.digest()`), [
    'Error',
    'ERR_CRYPTO_HASH_FINALIZED',
  ]);
  assert.deepEqual(code(`crypto.createHash('md5').update(5)`), ['TypeError', 'ERR_INVALID_ARG_TYPE']);
  assert.deepEqual(code(`crypto.createHash('md5').update('x'.repeat(9e6))`), ['RangeError', 'ERR_OUT_OF_RANGE']);
  assert.deepEqual(code(`crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('ab'))`), [
    'RangeError',
    'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH',
  ]);
});

test('random values', () => {
  const uuids = value(() => Array.from({ length: 50 }, () => crypto.randomUUID()));
  assert.equal(new Set(uuids).size, 50);
  assert.ok(uuids.every((uuid) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid)));
  assert.deepEqual(
    value(() => [0, 1, 255, 257, 4000].map((n) => crypto.randomBytes(n).length)),
    [0, 1, 255, 257, 4000],
  );
  assert.ok(value(() => Array.from({ length: 500 }, () => crypto.randomInt(3, 7))).every((n) => n >= 3 && n < 7));
  assert.equal(
    value(async () => await new Promise((done) => crypto.randomBytes(4, (error, bytes) => done(bytes.length)))),
    4,
  );
  assert.notEqual(
    value(() => crypto.getRandomValues(new Uint32Array(2)).join()),
    '0,0',
  );
  assert.deepEqual(
    value(() => [
      crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a')),
      crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('b')),
    ]),
    [true, false],
  );
  assert.deepEqual(
    value(() => {
      const filled = crypto.randomFillSync(new Uint16Array(500), 100, 300);
      return [filled.subarray(0, 100), filled.subarray(400)].map((part) => part.every((each) => each === 0)).concat(filled[399] === filled[398] && filled[397] === 0);
    }),
    [true, true, false],
  );
  for (const call of ['randomFillSync(new Uint8Array(4), 2, 9)', 'randomFillSync(new Uint8Array(4), 5)', 'randomBytes(-1)', 'randomBytes(1e6)', 'randomInt(5, 5)', 'randomInt(0, 2 ** 50)']) {
    assert.throws(() => value(`crypto.${call}`), { name: 'RangeError' });
  }
});

test('random bytes are asked for in one piece, and not kept for the next event', () => {
  box.hostCalls.length = 0;
  value(() => {
    for (let i = 0; i < 10; i++) crypto.randomUUID();
  });
  value(() => {
    crypto.randomUUID();
  });
  assert.deepEqual(box.hostCalls, ['random_bytes', 'random_bytes']);
});
