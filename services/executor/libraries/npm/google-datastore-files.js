/** What the package reads from its folder when it is loaded. */
import proto from '@google-cloud/datastore/build/protos/app_engine_key.proto';

require.files.set('/protos/app_engine_key.proto', proto);
