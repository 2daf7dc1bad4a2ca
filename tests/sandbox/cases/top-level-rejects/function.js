Promise.reject(new Error('at the top level'));

function onTrack() {
  return 'done';
}
