// What stands in for parts of npm packages when they are bundled.
import { fileURLToPath } from 'node:url';

const FILES = {
  // Ours behaves as it does, without the tables of international names that it carries.
  'node-fetch': './node-fetch.cjs',
};
// The engine has what core-js adds. Proxies are the installation's matter, and `superagent-proxy` needs V8's stacks. The
// others are how snowflake-sdk moves files to and from stages, and there are no files.
const EMPTY = /^(core-js\/.*|superagent-proxy|@azure\/storage-blob|@aws-sdk\/.*|@smithy\/.*|@google-cloud\/storage)$/;
const NEEDED = /npm\/google-storage\.js$/;

const replaced = {
  name: 'replaced',
  setup(build) {
    const resolveDir = fileURLToPath(new URL('.', import.meta.url));
    const ours = new RegExp(`^(${Object.keys(FILES).join('|')})$`);
    build.onResolve({ filter: ours }, ({ path, kind }) => build.resolve(FILES[path], { kind, resolveDir }));
    build.onResolve({ filter: EMPTY }, ({ path, importer }) => (NEEDED.test(importer) ? undefined : { path, namespace: 'empty' }));
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports=()=>{}' }));
    // One SDK, with the credentials that authors give to `AWS`.
    build.onResolve({ filter: /^aws-sdk$/ }, ({ importer, kind }) =>
      /akeyless-cloud-id/.test(importer) ? build.resolve('./loaded-aws.cjs', { kind, resolveDir }) : undefined,
    );
    const inSnowflake = (filter, file, importers) =>
      build.onResolve({ filter }, ({ importer, kind, ...found }) =>
        importers.test(importer) ? build.resolve(file, { kind, resolveDir: file.includes('zlib') ? resolveDir : found.resolveDir }) : undefined,
      );
    // Its log stays in memory: there is no file.
    inSnowflake(/\/logger\/node$/, './logger/browser', /snowflake-sdk/);
    inSnowflake(/^zlib$/, './late-zlib.cjs', /snowflake-sdk\/lib\/http/);
  },
};

export const npmOptions = { plugins: [replaced] };
