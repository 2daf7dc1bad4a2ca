/** Turns whatever an author's code threw into `{name, message, stack}` with the author's frames alone. */

import { primordials } from './host';

export interface Failure {
  name: string;
  message: string;
  stack: string;
}

const { split, exec, String: text } = primordials;
const FRAME = /^\s*at (?:(.+) \()?(.+?):(\d+):(\d+)\)?$/;

/** Where the author's text begins in the evaluated text, to give back its own columns. */
export interface Origin {
  file: string;
  /** Columns that our wrapper takes on the first line. */
  columns: number;
}

let origin: Origin = { file: '', columns: 0 };

export function setOrigin(value: Origin): void {
  origin = value;
}

/** Keeps the frames in the author's file, each `    at name (file:line:column)` on a line that is begun for it. */
export function authorFrames(stack: string): string {
  let frames = '';
  const lines = split(stack, '\n');
  for (let i = 0; i < lines.length; i++) {
    const frame = authorFrame(lines[i]!);
    if (frame !== null) frames += `\n${frame}`;
  }
  return frames;
}

function authorFrame(text: string): string | null {
  const match = exec(FRAME, text);
  if (match === null || match[2] !== origin.file) return null;
  const { 1: name, 2: file, 3: line, 4: column } = match; // by key: authors replace iterators
  const place = `${file}:${line}:${line === '1' ? +column! - origin.columns : column}`;
  return name === undefined ? `    at ${place}` : `    at ${name} (${place})`;
}

function property(error: object, name: string): string {
  try {
    const value = (error as Record<string, unknown>)[name];
    return value === undefined ? '' : text(value);
  } catch {
    return '';
  }
}

/** Never throws, whatever was thrown. */
export function describe(thrown: unknown): Failure {
  if (typeof thrown !== 'object' || thrown === null) return failure('Error', printed(thrown), '');
  return failure(property(thrown, 'name') || 'Error', property(thrown, 'message'), property(thrown, 'stack'));
}

export function printed(thrown: unknown): string {
  try {
    return text(thrown);
  } catch {
    return 'a value that cannot be printed';
  }
}

function failure(name: string, message: string, stack: string): Failure {
  return { name, message, stack: `${name}: ${message}${authorFrames(stack)}` };
}
