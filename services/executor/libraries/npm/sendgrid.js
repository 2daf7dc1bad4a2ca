import client from '@sendgrid/client';
import mail from '@sendgrid/mail';

import { internals } from '../internals.ts';

internals.define(globalThis, { sendgrid: { client, mail } });
