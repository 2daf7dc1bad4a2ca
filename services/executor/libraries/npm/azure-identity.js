import * as identity from '@azure/identity';

import { internals } from '../internals.ts';

internals.define(globalThis, { azure: { identity } });
