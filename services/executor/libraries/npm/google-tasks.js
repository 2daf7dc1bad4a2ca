import './google-tasks-files.js';

import * as tasks from '@google-cloud/tasks';

import { allOverRest, offer } from './google.js';

offer('tasks', allOverRest(tasks));
