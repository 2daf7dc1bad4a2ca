import cryptojs from 'crypto-js';

import { internals } from '../internals.ts';

internals.define(globalThis, { cryptojslib: { cryptojs } });
