Object.defineProperty(Array.prototype, '0', { set() {}, configurable: true });

async function onTrack() {
  console.log('told');
  Promise.reject(new Error('told too'));
}
