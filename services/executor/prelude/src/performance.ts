/** `performance`: milliseconds since the sandbox first looked at the clock, not since the image was made. */
import { define } from './define.ts';

const native = performance;
const { now } = native;
const { apply } = Reflect;

export function install(target: typeof globalThis): void {
  let origin: number | null = null;
  const elapsed = (): number => {
    const time = apply(now, native, []);
    origin ??= time;
    return time - origin;
  };
  const replacement = {
    now: elapsed,
    get timeOrigin() {
      return Date.now() - elapsed();
    },
  };
  define(target, { performance: replacement });
}
