// What happens in which order: each case is the name of a scenario, which tells what it saw.

const load = typeof require === 'function' ? require : globalThis[Symbol.for('penstock.node')];
const EventEmitter = load('events');
const { Readable, Writable, Transform, PassThrough, Duplex, pipeline, finished, compose } = load('stream');
const promises = load('stream/promises');
const util = load('util');
const assert = load('assert');
const { StringDecoder } = load('string_decoder');

const later = () => new Promise((done) => setTimeout(done, 2));
const caught = (call) => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};
const watch = (emitter, seen, names) => {
  for (const name of names) emitter.on(name, (value) => seen.push(value instanceof Error ? [name, value.code ?? value.message] : name));
};
const STREAM = ['end', 'finish', 'error', 'close', 'pipe', 'unpipe', 'drain', 'prefinish'];

const SCENARIOS = {
  listeners(seen) {
    const e = new EventEmitter();
    const off = () => seen.push('off');
    e.on('newListener', (name) => seen.push(`new ${String(name)}`));
    e.on('removeListener', (name) => seen.push(`removed ${name}`));
    e.on('a', () => e.off('a', off));
    e.on('a', off);
    e.once('a', () => seen.push('once'));
    e.prependListener('a', () => seen.push('first'));
    e.prependOnceListener('a', () => seen.push('first once'));
    seen.push(e.emit('a', 1), e.emit('a'), e.emit('none'), e.listenerCount('a'), e.eventNames());
    seen.push(e.rawListeners('a').length, EventEmitter.listenerCount(e, 'a'), e.getMaxListeners());
    e.removeAllListeners('a');
  },
  unheard(seen) {
    const e = new EventEmitter();
    seen.push(caught(() => e.emit('error', new RangeError('mine'))), caught(() => e.on('a', 1)));
    e.on(EventEmitter.errorMonitor, (error) => seen.push(error.message));
    seen.push(caught(() => e.emit('error', new Error('watched'))));
  },
  async awaited(seen) {
    const e = new EventEmitter();
    setTimeout(() => e.emit('a', 1, 2), 1);
    seen.push(await EventEmitter.once(e, 'a'));
    setTimeout(() => e.emit('error', new Error('no')), 1);
    seen.push(await EventEmitter.once(e, 'a').catch((error) => error.message));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1);
    seen.push(await EventEmitter.once(e, 'a', { signal: stop.signal }).catch((error) => error));
    setTimeout(() => [1, 2, 3].forEach((each) => e.emit('b', each)), 1);
    for await (const [each] of EventEmitter.on(e, 'b')) if (seen.push(each) && each === 3) break;
    seen.push(e.listenerCount('b'), e.listenerCount('error'));
  },
  async reading(seen) {
    const r = new Readable({ read() {}, highWaterMark: 4 });
    watch(r, seen, STREAM);
    seen.push(r.push('abc'), r.push('def'), r.readableLength, r.read(2)?.toString(), r.readableFlowing);
    r.push(null);
    r.on('data', (chunk) => seen.push(String(chunk)));
    await later();
    seen.push(r.readableEnded, r.destroyed);
  },
  async writing(seen) {
    const w = new Writable({ highWaterMark: 3, write: (chunk, encoding, done) => (seen.push(`${chunk} ${encoding}`), setImmediate(done)) });
    watch(w, seen, STREAM);
    seen.push(w.write('ab'), w.write('cd'), w.writableLength, w.writableNeedDrain);
    w.end('ef', () => seen.push('ended'));
    w.on('error', () => {});
    w.write('late', (error) => seen.push(error.code));
    await later();
    await later();
    await later();
  },
  async corked(seen) {
    const w = new Writable({ writev: (chunks, done) => (seen.push(chunks.map(({ chunk }) => String(chunk))), done()), write: () => {} });
    w.cork();
    w.write('a');
    w.write('b');
    w.uncork();
    await later();
    w.destroy(new Error('gone'));
    watch(w, seen, STREAM);
    seen.push(w.write('c'));
    await later();
  },
  async destroyed(seen) {
    for (const error of [undefined, new Error('why')]) {
      const d = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(), destroy: (e, done) => (seen.push('destroying'), done(e)) });
      watch(d, seen, STREAM);
      d.destroy(error, () => {});
      d.destroy(new Error('twice'));
      await later();
      seen.push(d.destroyed, d.closed, d.errored?.message);
    }
  },
  async transforming(seen) {
    const t = new Transform({
      transform(chunk, _encoding, done) {
        this.push(String(chunk).toUpperCase());
        done(null, '.');
      },
      flush: (done) => done(null, '!'),
    });
    watch(t, seen, STREAM);
    t.write('a');
    t.end('b');
    let text = '';
    t.on('data', (chunk) => (text += chunk));
    await later();
    seen.push(text);
  },
  async piping(seen) {
    const [a, b] = [Readable.from(['x', 'y', 'z']), new PassThrough()];
    watch(b, seen, STREAM);
    let text = '';
    a.pipe(b).on('data', (chunk) => (text += chunk));
    await finishedOf(b);
    seen.push(text);
  },
  async pipelines(seen) {
    const upper = async function* (source) {
      for await (const each of source) yield String(each).toUpperCase();
    };
    seen.push(await promises.pipeline(Readable.from(['a', 'b']), upper, async (source) => {
      let text = '';
      for await (const each of source) text += each;
      return text;
    }));
    seen.push(await promises.pipeline(Readable.from(['a']), new Transform({ transform: (_c, _e, done) => done(new Error('bad')) })).catch((e) => e.message));
    const cut = new Readable({ read() {} });
    setTimeout(() => cut.destroy(), 1);
    seen.push(await promises.pipeline(cut, new PassThrough()).catch((e) => e));
    pipeline(Readable.from(['a']), new Writable({ write: (_c, _e, done) => done(new Error('full')) }), (error) => seen.push(error.message));
    await later();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1);
    seen.push(await promises.pipeline(new Readable({ read() {} }), new PassThrough(), { signal: stop.signal }).catch((e) => e));
    let text = '';
    for await (const each of compose(Readable.from(['p', 'q']), upper)) text += each;
    seen.push(text);
  },
  async iterating(seen) {
    const r = Readable.from(function* () {
      try {
        yield 'a';
        yield 'b';
      } finally {
        seen.push('closed');
      }
    }());
    for await (const each of r) {
      seen.push(each);
      break;
    }
    await later();
    seen.push(r.destroyed, await Readable.from([1, 2, 3, 4]).filter((n) => n % 2).map(async (n) => n * 10).toArray());
    seen.push(await Readable.from([1, 2, 3]).reduce((a, b) => a + b, 0), await Readable.from('text').toArray());
    const failing = new Readable({ read() { this.destroy(new RangeError('in read')); } });
    try {
      for await (const each of failing) seen.push(each);
    } catch (error) {
      seen.push(error.message);
    }
  },
  async refused(seen) {
    const r = new Readable({ read() {} });
    watch(r, seen, ['error']);
    r.push(null);
    r.push('late');
    await later();
    const odd = new Readable({ read() {} });
    watch(odd, seen, ['error']);
    odd.push({});
    seen.push(caught(() => new Writable().write(null)), caught(() => new Writable().write({})).code);
    seen.push(caught(() => new Readable({ read() {} }).setEncoding('utf-7')));
    const w = new Writable();
    watch(w, seen, ['error']);
    seen.push(caught(() => w.write('a')));
    await later();
  },
  decoding(seen) {
    const bytes = Buffer.from('aé€😀ü');
    for (const encoding of ['utf8', 'utf16le', 'base64', 'hex', 'latin1', 'ascii']) {
      const decoder = new StringDecoder(encoding);
      seen.push([...bytes].map((byte) => decoder.write(Buffer.from([byte]))), decoder.end());
    }
    seen.push(new StringDecoder().end(Buffer.from([0xe2, 0x82])), caught(() => new StringDecoder('utf-7')));
  },
  async promisified(seen) {
    const plus = Object.assign((a, b, done) => done(a ? null : new Error('no a'), a + b), { own: 1 });
    const promised = util.promisify(plus);
    seen.push(await promised(1, 2), await promised(0, 2).catch((e) => e.message), promised.own, util.promisify(promised) === promised);
    seen.push(caught(() => util.promisify(1)), await util.promisify(setTimeout)(1, 'value'));
    util.callbackify(async (a) => a + 1)(1, (error, value) => seen.push(error, value));
    util.callbackify(async () => { throw null; })((error) => seen.push([error.code, error.message, error.reason]));
    await later();
  },
  inherited(seen) {
    function Parent() {}
    Parent.prototype.hello = () => 'hello';
    function Child() {}
    const own = Child.prototype;
    util.inherits(Child, Parent);
    seen.push(new Child().hello(), Child.super_ === Parent, Child.prototype === own, new Child() instanceof Parent);
    seen.push(caught(() => util.inherits(Child, null)), caught(() => util.inherits(Child, {})), caught(() => util.inherits(null, Parent)));
  },
  types(seen) {
    const values = [
      1, 'a', null, undefined, {}, [], () => {}, async () => {}, function* () {}, new Date(), /a/, new Map(), new Set(),
      new WeakMap(), new WeakSet(), new Error(), new TypeError(), Promise.resolve(), new Uint8Array(), new Float64Array(),
      new BigInt64Array(), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), Buffer.alloc(1), Object(1), Object('a'),
      Object(true), Object(1n), Object(Symbol.iterator), new Map().keys(), new Set().values(), (function* () {})(),
      (function () { return arguments; })(), new (class extends Map {})(), Object.create(Date.prototype),
    ];
    const names = Object.keys(util.types).filter((name) => !/Proxy|External|KeyObject|CryptoKey|Module|EventTarget|Brand/.test(name));
    for (const name of names.sort()) seen.push([name, values.map((value) => Number(util.types[name](value))).join('')]);
  },
  asserting(seen) {
    const failure = (call) => {
      try {
        call();
        return 'passes';
      } catch ({ name, code, generatedMessage, operator, actual, expected, message }) {
        return [name, code, generatedMessage, operator, typeof actual, typeof expected, generatedMessage ? '' : message];
      }
    };
    const calls = [
      () => assert(0, 'zero'), () => assert.ok(''), () => assert.equal(1, '1'), () => assert.strictEqual(1, '1'), () => assert.equal(NaN, NaN),
      () => assert.deepEqual([1, { a: '2' }], [1, { a: 2 }]), () => assert.deepStrictEqual([1, { a: '2' }], [1, { a: 2 }]),
      () => assert.deepStrictEqual(new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])), () => assert.deepStrictEqual(new Set([1, [2]]), new Set([[2], 1])),
      () => assert.deepStrictEqual(-0, 0), () => assert.deepEqual(-0, 0), () => assert.deepStrictEqual(new Date(1), new Date(1)),
      () => assert.deepStrictEqual(/a/g, /a/i), () => assert.deepStrictEqual([, 1], [undefined, 1]), () => assert.deepEqual({}, []),
      () => assert.deepStrictEqual(Object(1), Object(1)), () => assert.deepStrictEqual(new Error('a'), new Error('b')),
      () => assert.deepStrictEqual(Buffer.from('a'), new Uint8Array([97])), () => assert.notDeepStrictEqual({ a: 1 }, { a: 1 }),
      () => assert.deepStrictEqual(Object.create(null), {}), () => assert.deepStrictEqual({ [Symbol.iterator]: 1 }, {}),
      () => assert.throws(() => { throw new TypeError('bad thing'); }, TypeError), () => assert.throws(() => { throw new TypeError('bad thing'); }, /bad/),
      () => assert.throws(() => { throw new TypeError('bad'); }, { name: 'TypeError', message: 'bad' }), () => assert.throws(() => {}),
      () => assert.throws(() => { throw new TypeError('bad'); }, { message: 'good' }), () => assert.doesNotThrow(() => { throw new Error('x'); }),
      () => assert.throws(() => { throw new TypeError('bad'); }, RangeError), () => assert.throws(() => { throw new Error('bad'); }, () => true),
      () => assert.match('abc', /x/), () => assert.match('abc', /b/), () => assert.doesNotMatch('abc', /b/), () => assert.fail(), () => assert.fail('why'),
      () => assert.ifError(null), () => assert.ifError(new Error('e')), () => assert.strict.equal(1, '1'), () => assert.strictEqual(1, 2, new RangeError('own')),
    ];
    calls.forEach((call, i) => seen.push([i, failure(call)]));
  },
  async rejecting(seen) {
    for (const call of [
      () => assert.rejects(Promise.reject(new Error('a')), /a/), () => assert.rejects(Promise.resolve()), () => assert.rejects(async () => { throw new Error('b'); }, { message: 'c' }),
      () => assert.doesNotReject(Promise.reject(new Error('d'))), () => assert.doesNotReject(async () => {}),
    ]) seen.push(await call().then(() => 'passes', ({ name, code, operator }) => [name, code, operator]));
  },
  async waiting(seen) {
    const timers = load('timers/promises');
    seen.push(await timers.setTimeout(1, 'a'), await timers.setImmediate('b'));
    seen.push(await timers.setTimeout(1000, 'c', { signal: AbortSignal.abort() }).catch(({ name, code }) => [name, code]));
    let rounds = 0;
    for await (const each of timers.setInterval(1, 'd')) if (seen.push(each) && ++rounds === 2) break;
    load('process').nextTick((...args) => seen.push(args), 1, 2);
    await later();
    const { buffer, text, json, arrayBuffer } = load('stream/consumers');
    seen.push(await text(Readable.from(['a', 'é'])), await json(Readable.from(['[1]'])), await buffer(Readable.from([Buffer.from('x')])));
    seen.push((await arrayBuffer(Readable.from([Buffer.from('xy')]))).byteLength);
  },
};

const finishedOf = (stream) => new Promise((done) => finished(stream, done));

async function run(name) {
  const seen = [];
  await SCENARIOS[name](seen);
  return seen;
}
