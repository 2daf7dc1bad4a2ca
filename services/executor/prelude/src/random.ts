/**
 * `Math.random`, seeded by the host once per event: sandboxes that start from one image must not repeat each other,
 * and a recorded run must repeat itself. The generator is sfc32.
 */
import { define } from './define.ts';
import { seed } from './host.ts';

let a = 0;
let b = 0;
let c = 0;
let counter = 0;
let seeded = false;

function next(): number {
  const sum = (a + b + counter) | 0;
  counter = (counter + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = (((c << 21) | (c >>> 11)) + sum) | 0;
  return sum >>> 0;
}

function start(): void {
  const words = seed();
  [a, b, c, counter] = [words[0]! | 0, words[1]! | 0, words[2]! | 0, words[3]! | 0];
  seeded = true;
  for (let i = 0; i < 12; i++) next(); // mixes a poor seed
}

export function random(): number {
  if (!seeded) start();
  return ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/** Forgets the seed: the next event draws its own at first use. */
export function reset(): void {
  seeded = false;
}

export function install(target: typeof globalThis): void {
  define(target.Math, { random });
}
