import * as clickHouseClient from '@clickhouse/client';

import { internals } from '../internals.ts';

internals.define(globalThis, { clickHouseClient: { clickHouseClient } });
