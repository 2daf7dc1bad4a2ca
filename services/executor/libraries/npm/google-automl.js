// Without `protos`: the schemas as code, which the clients read from JSON instead.
import v1 from '@google-cloud/automl/build/src/v1';
import v1beta1 from '@google-cloud/automl/build/src/v1beta1';

import { allOverRest, offer } from './google.js';

const versions = { v1: allOverRest(v1), v1beta1: allOverRest(v1beta1) };

offer('automl', { ...versions.v1, ...versions });
