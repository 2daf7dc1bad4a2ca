import './google-datastore-files.js';

import * as datastore from '@google-cloud/datastore';

import { offer } from './google.js';

/** Over REST: a sandbox has no HTTP/2. */
class Datastore extends datastore.Datastore {
  constructor(options) {
    super({ fallback: 'rest', ...options });
  }
}

offer('datastore', { ...datastore, Datastore });
