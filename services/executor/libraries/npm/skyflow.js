import * as skyflow from 'skyflow-node';

import { internals } from '../internals.ts';

internals.define(globalThis, { skyflowlib: { skyflow } });
