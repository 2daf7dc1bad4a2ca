/** The library `forms`: forms and files of the web. */
import { internals } from '../internals.ts';
import { Blob, File } from './blob.ts';
import { FormData } from './form-data.ts';

internals.define(globalThis, { Blob, File, FormData });
