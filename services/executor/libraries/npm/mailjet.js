import nodemailjet from 'node-mailjet';

import { internals } from '../internals.ts';

internals.define(globalThis, { nodemailjet: { nodemailjet } });
