import * as akeyless from 'akeyless';

import { internals } from '../internals.ts';

internals.define(globalThis, { akeylessLabs: { ...globalThis.akeylessLabs, akeyless } });
