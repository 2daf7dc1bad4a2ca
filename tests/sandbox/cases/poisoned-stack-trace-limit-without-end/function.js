Error.stackTraceLimit = Infinity;

function dive() {
  return dive();
}

function onTrack() {
  return dive();
}

function onIdentify() {
  return 'still here';
}
