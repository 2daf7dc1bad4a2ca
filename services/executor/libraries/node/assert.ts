/** `assert`: the checks of Node, with messages that show both values. */
import { isDeepEqual, isDeepStrictEqual } from './deep-equal.ts';
import { internals } from './internals.ts';

type Message = string | Error | undefined;
type Expected = Function | RegExp | object | undefined;
interface Failure {
  message?: string | undefined;
  actual?: unknown;
  expected?: unknown;
  operator?: string;
}

const show = (value: unknown) => internals.inspect(value, { depth: 10, compact: false } as object);

class AssertionError extends Error {
  readonly code = 'ERR_ASSERTION';
  readonly generatedMessage: boolean;
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;

  constructor({ message, actual, expected, operator = 'fail' }: Failure) {
    super(message ?? `${show(actual)} ${operator} ${show(expected)}`);
    this.generatedMessage = message === undefined;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}
internals.define(AssertionError.prototype, { name: 'AssertionError' });

const TEXTS: Record<string, string> = {
  equal: 'Expected values to be loosely equal',
  notEqual: 'Expected "actual" to be loosely unequal to',
  strictEqual: 'Expected values to be strictly equal',
  notStrictEqual: 'Expected "actual" to be strictly unequal to',
  deepEqual: 'Expected values to be loosely deep-equal',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to',
  deepStrictEqual: 'Expected values to be strictly deep-equal',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to',
};

function failed(operator: string, actual: unknown, expected: unknown, message: Message): never {
  if (message instanceof Error) throw message;
  const error = new AssertionError({ message: message ?? worded(operator, actual, expected), actual, expected, operator });
  throw Object.assign(error, { generatedMessage: message === undefined });
}

const isObject = (value: unknown) => value !== null && typeof value === 'object';

/** As Node words it, but for the lines that it marks as different in large values. */
function worded(operator: string, actual: unknown, expected: unknown): string {
  const [left, right, text] = [show(actual), show(expected), TEXTS[operator]!];
  const arePlain = !isObject(actual) && !isObject(expected);
  if (arePlain && operator === 'equal') return `${left} == ${right}`;
  if (arePlain && operator === 'notEqual') return `${left} != ${right}`;
  if (arePlain && operator === 'strictEqual') return `${text}:\n\n${left} !== ${right}\n`;
  if (operator.startsWith('not')) return isObject(expected) ? `${text}:\n\n${right}\n` : `${text}: ${right}`;
  if (operator === 'strictEqual' && isDeepStrictEqual(actual, expected)) {
    return `Values have same structure but are not reference-equal:\n\n${left}\n`;
  }
  return `${text}:\n\n${left}\n\nshould ${operator === 'deepEqual' ? 'loosely deep-equal' : 'equal'}\n\n${right}`;
}

const check =
  (operator: string, holds: (actual: unknown, expected: unknown) => boolean) =>
  (actual: unknown, expected: unknown, message?: Message): void => {
    if (!holds(actual, expected)) failed(operator, actual, expected, message);
  };

function refuse(message: Message, text: string, failure: Failure): never {
  if (message instanceof Error) throw message;
  const error = new AssertionError({ ...failure, message: message ?? text });
  throw Object.assign(error, { generatedMessage: message === undefined });
}

function ok(value: unknown, message?: Message): void {
  const text = `The expression evaluated to a falsy value: ${show(value)}`;
  if (!value) refuse(message, text, { actual: value, expected: true, operator: '==' });
}

/** Says whether what was thrown is what was expected; throws where a validation object differs. */
function matches(thrown: any, expected: Expected, operator: string, message: Message): boolean {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(thrown));
  if (typeof expected !== 'function') return matchesObject(thrown, expected, operator, message);
  if (expected.prototype !== undefined && thrown instanceof expected) return true;
  if (Error.isPrototypeOf(expected)) return false;
  return (expected as (error: unknown) => unknown).call({}, thrown) === true;
}

function matchesObject(thrown: any, expected: object, operator: string, message: Message): boolean {
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push('name', 'message');
  for (const key of keys) {
    const wanted = (expected as any)[key];
    const found = thrown?.[key];
    const isMatch = wanted instanceof RegExp && typeof found === 'string' ? wanted.test(found) : isDeepStrictEqual(found, wanted);
    if (isMatch) continue;
    const text = `The error differs in "${key}": ${show(found)} should be ${show(wanted)}`;
    refuse(message, text, { actual: thrown, expected, operator });
  }
  return true;
}

type Outcome = { threw: boolean; error?: unknown };

function judge(outcome: Outcome, operator: string, expected: Expected | string, message: Message): void {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  const kind = operator === 'rejects' ? 'rejection' : 'exception';
  const what = typeof expected === 'function' && expected.name ? ` (${expected.name})` : '';
  if (!outcome.threw) {
    if (message instanceof Error) throw message;
    const text = `Missing expected ${kind}${what}${message ? `: ${message}` : '.'}`;
    throw new AssertionError({ message: text, expected, operator });
  }
  if (matches(outcome.error, expected, operator, message)) return;
  const text = `The ${operator === 'rejects' ? 'rejection' : 'error'} is not what was expected: ${show(outcome.error)}`;
  refuse(message, text, { actual: outcome.error, expected, operator });
}

function unwanted(operator: string, error: any, expected: Expected | string, message: Message): never {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  if (expected && !matches(error, expected, operator, undefined)) throw error;
  const kind = operator === 'doesNotReject' ? 'rejection' : 'exception';
  const text = `Got unwanted ${kind}${message ? `: ${String(message)}` : '.'}\nActual message: "${error?.message}"`;
  throw new AssertionError({ message: text, actual: error, expected, operator });
}

function outcomeOf(run: () => unknown): Outcome {
  try {
    run();
    return { threw: false };
  } catch (error) {
    return { threw: true, error };
  }
}

async function settledOf(promise: Promise<unknown> | (() => Promise<unknown>)): Promise<Outcome> {
  try {
    await (typeof promise === 'function' ? promise() : promise);
    return { threw: false };
  } catch (error) {
    return { threw: true, error };
  }
}

const checks = {
  ok,
  equal: check('equal', (a, b) => a == b || (a !== a && b !== b)),
  notEqual: check('notEqual', (a, b) => !(a == b || (a !== a && b !== b))),
  strictEqual: check('strictEqual', Object.is),
  notStrictEqual: check('notStrictEqual', (a, b) => !Object.is(a, b)),
  deepEqual: check('deepEqual', isDeepEqual),
  notDeepEqual: check('notDeepEqual', (a, b) => !isDeepEqual(a, b)),
  deepStrictEqual: check('deepStrictEqual', isDeepStrictEqual),
  notDeepStrictEqual: check('notDeepStrictEqual', (a, b) => !isDeepStrictEqual(a, b)),
  throws: (run: () => unknown, expected?: Expected | string, message?: Message) =>
    judge(outcomeOf(run), 'throws', expected, message),
  rejects: async (promise: any, expected?: Expected | string, message?: Message) =>
    judge(await settledOf(promise), 'rejects', expected, message),
  doesNotThrow(run: () => unknown, expected?: Expected | string, message?: Message) {
    const { threw, error } = outcomeOf(run);
    if (threw) unwanted('doesNotThrow', error, expected, message);
  },
  async doesNotReject(promise: any, expected?: Expected | string, message?: Message) {
    const { threw, error } = await settledOf(promise);
    if (threw) unwanted('doesNotReject', error, expected, message);
  },
  match(text: unknown, pattern: RegExp, message?: Message) {
    if (typeof text === 'string' && pattern.test(text)) return;
    const reason = `The input did not match the regular expression ${String(pattern)}. Input:\n\n${show(text)}\n`;
    refuse(message, reason, { actual: text, expected: pattern, operator: 'match' });
  },
  doesNotMatch(text: unknown, pattern: RegExp, message?: Message) {
    if (typeof text !== 'string' || !pattern.test(text)) return;
    const reason = `The input was expected to not match the regular expression ${String(pattern)}. Input:\n\n${show(text)}\n`;
    refuse(message, reason, { actual: text, expected: pattern, operator: 'doesNotMatch' });
  },
  fail: (message?: Message) => refuse(message, 'Failed', { operator: 'fail' }),
  ifError(value: unknown) {
    if (value === null || value === undefined) return;
    const text = `ifError got unwanted exception: ${value instanceof Error ? value.message : show(value)}`;
    throw new AssertionError({ message: text, actual: value, expected: null, operator: 'ifError' });
  },
  AssertionError,
};

const assert = Object.assign((value: unknown, message?: Message) => ok(value, message), checks);
const strict = Object.assign((value: unknown, message?: Message) => ok(value, message), checks, {
  equal: checks.strictEqual,
  notEqual: checks.notStrictEqual,
  deepEqual: checks.deepStrictEqual,
  notDeepEqual: checks.notDeepStrictEqual,
});

export default Object.assign(assert, { strict: Object.assign(strict, { strict }) });
