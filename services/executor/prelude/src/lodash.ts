/** `_`: lodash. It keeps the `Math.random` it finds when it is evaluated, so ours must be in place by then. */
import { define } from './define.ts';
import * as random from './random.ts';

export function install(target: typeof globalThis): void {
  random.install(target);
  define(target, { _: require('lodash/lodash.min.js') });
}
