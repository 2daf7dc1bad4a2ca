implicit = 010;
var onTrack = function (event) {
  with (event) {
    return [implicit, userId, this === globalThis, typeof window, typeof require];
  }
};
