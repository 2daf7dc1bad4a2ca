import * as pubsub from '@google-cloud/pubsub';

import { offer, overRest } from './google.js';

offer('pubsub', { ...pubsub, PubSub: overRest(pubsub.PubSub) });
