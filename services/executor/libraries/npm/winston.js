import winston from 'winston';

import { internals } from '../internals.ts';

internals.define(globalThis, { winstonlib: { winston } });
