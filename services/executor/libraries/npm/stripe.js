import stripe from 'stripe';

import { internals } from '../internals.ts';

internals.define(globalThis, { stripe });
