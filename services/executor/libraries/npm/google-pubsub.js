import * as pubsub from '@google-cloud/pubsub';

import { offer } from './google.js';

/** Over REST: a sandbox has no HTTP/2. */
class PubSub extends pubsub.PubSub {
  constructor(options) {
    super({ fallback: 'rest', ...options });
  }
}

offer('pubsub', { ...pubsub, PubSub });
