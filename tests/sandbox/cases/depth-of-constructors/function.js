class Endless {
  constructor() {
    return new this.constructor();
  }
}

function onTrack() {
  return new Endless();
}

function onIdentify() {
  return 'still here';
}
