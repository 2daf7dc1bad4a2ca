import mailchimp from '@mailchimp/mailchimp_marketing';

import { internals } from '../internals.ts';

internals.define(globalThis, { mailchimplib: { mailchimp } });
