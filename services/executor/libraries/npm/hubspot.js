import * as hubspot from '@hubspot/api-client';

import { internals } from '../internals.ts';

internals.define(globalThis, { hubspotlib: { hubspot } });
