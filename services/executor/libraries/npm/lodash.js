import lodash from 'lodash/lodash.min.js';

import { internals } from '../internals.ts';

internals.define(globalThis, { _: lodash });
