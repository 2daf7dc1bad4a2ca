/** Node's modules: for authors those that they know as globals, for bundled packages all of them by `require`. */
import './call-sites.ts';
import { internals } from './internals.ts';
import { modules, nodeRequire } from './require.ts';

/** What authors find by name; `crypto` and `process` are not among them. */
const GLOBALS = ['assert', 'events', 'http', 'https', 'path', 'querystring', 'stream', 'url', 'util', 'zlib'];

for (const name of GLOBALS) internals.define(globalThis, { [name]: modules[name] });
// Segment's name for it is `zlib.zlib`.
internals.define(modules.zlib as object, { zlib: modules.zlib });
internals.define(globalThis, { [Symbol.for('penstock.node')]: nodeRequire });
