import fetchretry from 'fetch-retry';

import { internals } from '../internals.ts';

internals.define(globalThis, { fetchretrylib: { fetchretry } });
