/** What the prelude shares with the libraries while they are evaluated. */
import type { Internals } from '../prelude/src/internals.ts';

export const internals = (globalThis as unknown as Record<symbol, Internals>)[Symbol.for('penstock.internals')]!;
