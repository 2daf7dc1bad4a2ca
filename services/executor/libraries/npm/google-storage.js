import * as storage from '@google-cloud/storage';

import { offer } from './google.js';

offer('storage', { ...storage });
