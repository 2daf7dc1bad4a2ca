// Runs cases and tells what each came to, in JSON that keeps apart what JSON alone would not; the same in both runtimes.

const tagged = (kind, ...parts) => ({ [`<${kind}>`]: parts });

function plainNumber(value) {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : tagged('number', Object.is(value, -0) ? '-0' : `${value}`);
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function plainObject(value, path) {
  const inner = (each) => plain(each, [...path, value]);
  if (path.includes(value)) return tagged('circular', path.indexOf(value));
  if (path.length > 20) return tagged('too deep');
  if (Array.isArray(value)) return value.map(inner);
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return tagged(value.constructor.name, hex(bytes));
  }
  if (value instanceof ArrayBuffer) return tagged('ArrayBuffer', hex(new Uint8Array(value)));
  if (value instanceof Error) return tagged('error', told(value));
  if (value instanceof Date) return tagged('Date', plainNumber(value.getTime()));
  if (value instanceof RegExp) return tagged('RegExp', String(value), value.lastIndex);
  if (value instanceof Map) return tagged('Map', ...Array.from(value, inner));
  if (value instanceof Set) return tagged('Set', ...Array.from(value, inner));
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return tagged('box', inner(value.valueOf()));
  return tagged('object', ...Object.keys(value).map((key) => [key, inner(value[key])]));
}

function plain(value, path = []) {
  if (typeof value === 'number') return plainNumber(value);
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'object') return plainObject(value, path);
  return typeof value === 'undefined' ? tagged('undefined') : tagged(typeof value, typeof value === 'function' ? value.name : String(value));
}

/** An error as far as runtimes agree on it: the text of those with a code, not of the engines' own. */
function told(error) {
  if (!(error instanceof Error)) return { thrown: plain(error) };
  const { name, code, message } = error;
  return typeof code === 'string' ? { name, code, message } : { name };
}

/** The outcome of each case: what `run` gave or threw. */
async function outcomes(run, cases) {
  const found = [];
  for (const each of cases) {
    try {
      found.push({ value: plain(await run(each)) });
    } catch (error) {
      found.push({ threw: told(error) });
    }
  }
  return found;
}
