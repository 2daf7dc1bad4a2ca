import * as bigquery from '@google-cloud/bigquery';

import { offer } from './google.js';

offer('bigquery', { ...bigquery });
