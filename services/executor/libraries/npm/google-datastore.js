import './google-datastore-files.js';

import * as datastore from '@google-cloud/datastore';

import { offer, overRest } from './google.js';

offer('datastore', { ...datastore, Datastore: overRest(datastore.Datastore) });
