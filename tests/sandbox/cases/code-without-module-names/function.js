var early = [typeof require, typeof module, typeof exports, typeof global, this === undefined ? 'none' : typeof this];
function onTrack() {
  implicit = 'made here';
  return [...early.slice(0, 4), window === globalThis, window.implicit, typeof onBatch, delete window.implicit, typeof implicit];
}
