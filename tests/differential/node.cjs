// A long-lived Node: each line of its input is a suite's source and cases, each line of its output their outcomes.
const { createInterface } = require('node:readline');

// What a function finds as globals; its `crypto` is Node's module too, where a script's is the web's.
for (const name of ['assert', 'crypto', 'events', 'http', 'https', 'path', 'querystring', 'stream', 'url', 'util', 'zlib']) {
  Object.defineProperty(globalThis, name, { value: require(`node:${name}`), writable: true });
}

const suites = new Map();

function suite(source) {
  if (!suites.has(source)) suites.set(source, new Function('require', `${source}\nreturn (cases) => outcomes(run, cases);`)(require));
  return suites.get(source);
}

async function answer(line) {
  const { source, cases } = JSON.parse(line);
  return { outcomes: await suite(source)(cases) };
}

let last = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  last = last
    .then(() => answer(line))
    .catch((error) => ({ error: String(error?.stack ?? error) }))
    .then((found) => process.stdout.write(`${JSON.stringify(found)}\n`));
});
