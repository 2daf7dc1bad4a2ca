import jsonwebtoken from 'jsonwebtoken';

import { internals } from '../internals.ts';

internals.define(globalThis, { jsonwebtoken });
