async function onTrack() {
  Promise.reject({ get stack() { for (;;); } });
  return 'done before the reason is read';
}

function onIdentify() {
  return 'still here';
}
