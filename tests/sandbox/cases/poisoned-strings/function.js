String.prototype.split = String.prototype.trimStart = RegExp.prototype.exec = Array.prototype.join = null;

function onTrack() {
  throw new Error('still told');
}

function onIdentify() {
  return 'still here';
}
