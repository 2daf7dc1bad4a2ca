function onTrack(event, settings) {
  return [Object.getPrototypeOf(event) === Object.prototype, Object.keys(event), {}.polluted, settings.polluted];
}
