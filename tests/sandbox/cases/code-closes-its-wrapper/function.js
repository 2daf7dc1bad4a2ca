});
globalThis.shared = Math.random();
(function () {
  function onTrack() {
    return shared;
  }
