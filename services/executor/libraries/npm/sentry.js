import * as sentry from '@sentry/node';

import { internals } from '../internals.ts';

internals.define(globalThis, { sentrylib: { sentry } });
