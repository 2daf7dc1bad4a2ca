import uuidv5 from 'uuidv5';

import { internals } from '../internals.ts';

internals.define(globalThis, { uuidv5: { uuidv5 } });
