import * as oneSignal from '@onesignal/node-onesignal';

import { internals } from '../internals.ts';

internals.define(globalThis, { oneSignal: { oneSignal } });
