const program = arguments.callee;
let runs = 0;
runs++;

function onTrack() {
  try {
    program();
  } catch (error) {
    return [runs, error.name];
  }
}
