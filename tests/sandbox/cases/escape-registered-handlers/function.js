const register = arguments[arguments.length - 1];
register(() => null);

function onTrack() {
  return 'declared, but no longer registered';
}
