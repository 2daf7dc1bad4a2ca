/** `path`, as on POSIX: there are no drives here. The npm package, with what Node has changed since. */
import path from 'path-browserify';
import { internals } from './internals.ts';

type Call = (...args: unknown[]) => unknown;
interface Parts {
  ext?: string;
}

/** What is no text is refused with Node's code. */
const checked =
  (plain: Call, ...names: string[]): Call =>
  (...args) => {
    names.forEach((name, i) => {
      const isLeftOut = name === 'suffix' && args[i] === undefined;
      if (typeof args[i] !== 'string' && !isLeftOut) throw internals.checks.invalidType(name, 'string', args[i]);
    });
    return plain.apply(path, args);
  };

const ofAny =
  (plain: Call, nameOf: (index: number) => string): Call =>
  (...args) => {
    args.forEach((each, i) => {
      if (typeof each !== 'string') throw internals.checks.invalidType(nameOf(i), 'string', each);
    });
    return plain.apply(path, args);
  };

function format(parts: Parts): unknown {
  if (parts === null || typeof parts !== 'object') throw internals.checks.invalidType('pathObject', 'Object', parts);
  const { ext } = parts;
  return plainFormat(ext && !ext.startsWith('.') ? { ...parts, ext: `.${ext}` } : parts);
}

const plainFormat = path.format as Call;
const one = Object.fromEntries(
  ['normalize', 'isAbsolute', 'dirname', 'extname', 'parse'].map((name) => [name, checked(path[name], 'path')]),
);

export default Object.assign(path, one, {
  basename: checked(path.basename, 'path', 'suffix'),
  relative: checked(path.relative.bind({}), 'from', 'to'),
  join: ofAny(path.join, () => 'path'),
  resolve: ofAny(path.resolve, (i) => `paths[${i}]`),
  format,
  toNamespacedPath: (name: unknown) => name,
  posix: path,
  win32: path,
});
