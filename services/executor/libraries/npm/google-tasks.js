import './google-tasks-files.js';

import * as tasks from '@google-cloud/tasks';

import { offer } from './google.js';

/** Over REST: a sandbox has no HTTP/2. */
class CloudTasksClient extends tasks.CloudTasksClient {
  constructor(options) {
    super({ fallback: 'rest', ...options });
  }
}

offer('tasks', { ...tasks, CloudTasksClient });
