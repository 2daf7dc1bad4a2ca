import aws4 from 'aws4';

import { internals } from '../internals.ts';

internals.define(globalThis, { aws4: { aws4 } });
