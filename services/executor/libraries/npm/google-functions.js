// Without `protos`: the schemas as code, which the clients read from JSON instead.
import v1 from '@google-cloud/functions/build/src/v1';
import v2 from '@google-cloud/functions/build/src/v2';

import { allOverRest, offer } from './google.js';

const versions = { v1: allOverRest(v1), v2: allOverRest(v2) };

offer('functions', { ...versions.v1, ...versions });
