/** What the package reads from its folder when it is loaded. */
import config from '../node_modules/@google-cloud/tasks/build/esm/src/v2/cloud_tasks_client_config.json';
import { version } from '../node_modules/@google-cloud/tasks/package.json';
import protos from '../node_modules/@google-cloud/tasks/build/protos/protos.json';

require.files.set('/cloud_tasks_client_config.json', JSON.stringify(config));
require.files.set('/protos/protos.json', JSON.stringify(protos));
require.files.set('/package.json', JSON.stringify({ version }));
