let state = 'waiting';
new Promise(() => {}).then(() => (state = 'never'));
Promise.resolve().then(() => (state = 'settled'));

function onTrack() {
  return state;
}
