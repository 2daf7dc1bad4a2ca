// What Node's console writes when a text of JavaScript is run with it; the sandbox is compared by its log.
const { Console } = require('node:console');
const { Writable } = require('node:stream');

Error.stackTraceLimit = 0; // frames are told in other ways

function run(source) {
  let text = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const console = new Console({ stdout: stream, stderr: stream });
  process.emitWarning = (warning) => console.warn(warning); // of counters and timers that are not there
  new Function('console', source)(console);
  return text;
}
