async function onTrack() {
  Promise.reject(new Error('nobody listens'));
  return 'done';
}
