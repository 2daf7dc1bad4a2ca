Promise.resolve = Promise.reject = Promise.all = () => { throw new Error('poisoned'); };
Promise.prototype.catch = Promise.prototype.finally = null;
const RealPromise = Promise;
globalThis.Promise = null;

async function onTrack() {
  await new RealPromise((resolve) => setTimeout(resolve, 1));
  return typeof Promise;
}
