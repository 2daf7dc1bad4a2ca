globalThis.Error = globalThis.EventNotSupported = globalThis.RangeError = null;

function onIdentify() {
  return 'still here';
}
