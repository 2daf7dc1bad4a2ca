import jsforce from 'jsforce';

import { internals } from '../internals.ts';

internals.define(globalThis, { jsforce });
