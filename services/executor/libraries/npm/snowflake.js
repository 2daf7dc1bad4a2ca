import snowflakesdk from 'snowflake-sdk';

import { internals } from '../internals.ts';

internals.define(globalThis, { snowflakesdk: { snowflakesdk } });
