import * as akeylessCloudId from 'akeyless-cloud-id';

import { internals } from '../internals.ts';

internals.define(globalThis, { akeylessLabs: { ...globalThis.akeylessLabs, akeylessCloudId } });
