import * as libphonenumberjs from 'libphonenumber-js';

import { internals } from '../internals.ts';

internals.define(globalThis, { libphonenumberjslib: { libphonenumberjs } });
