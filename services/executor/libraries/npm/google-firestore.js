import * as firestore from '@google-cloud/firestore';

import { offer } from './google.js';

/** Over REST: a sandbox has no HTTP/2. */
class Firestore extends firestore.Firestore {
  constructor(settings) {
    super({ preferRest: true, ...settings });
  }
}

offer('firestore', { ...firestore, Firestore });
