import oauth from 'oauth';

import { internals } from '../internals.ts';

// Both `new OAuth(…)` and `new OAuth.OAuth(…)` are written.
internals.define(globalThis, { OAuth: Object.assign(oauth.OAuth, oauth) });
