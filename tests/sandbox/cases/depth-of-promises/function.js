async function onTrack() {
  let promise = Promise.resolve('settled');
  for (let i = 0; i < 20000; i++) promise = Promise.resolve().then(((inner) => () => inner)(promise));
  return promise;
}

function onIdentify() {
  return 'still here';
}
