import moment from 'moment-timezone';

import { internals } from '../internals.ts';

internals.define(globalThis, { moment });
