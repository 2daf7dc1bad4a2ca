// Methods of Buffer, called on bytes with any arguments; bytes are given as { hex } and come back changed or not.

const bytesIn = (value) => (value && typeof value === 'object' && 'hex' in value ? Buffer.from(value.hex, 'hex') : value);

function argument(value) {
  if (value && typeof value === 'object' && 'big' in value) return BigInt(value.big);
  if (value && typeof value === 'object' && 'odd' in value) return ODD[value.odd];
  return bytesIn(value);
}

const ODD = { undefined: undefined, nan: NaN, infinity: Infinity, negative: -Infinity, zero: -0, object: {}, list: [1, 2] };

function run([on, method, ...args]) {
  const target = on === null ? Buffer : bytesIn(on);
  const given = args.map(argument);
  const value = target[method](...given);
  return [value, target === Buffer ? null : target, given.filter((each) => Buffer.isBuffer(each))];
}
