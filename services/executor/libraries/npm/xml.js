import xml from 'xml';

import { internals } from '../internals.ts';

internals.define(globalThis, { xml });
