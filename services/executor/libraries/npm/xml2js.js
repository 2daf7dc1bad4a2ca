import xml2js from 'xml2js';

import { internals } from '../internals.ts';

internals.define(globalThis, { xml2js });
