import twilio from 'twilio';

import { internals } from '../internals.ts';

internals.define(globalThis, { twilio });
