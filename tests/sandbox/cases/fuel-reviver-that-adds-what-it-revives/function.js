function onTrack() {
  return JSON.parse('[0]', function (key, value) {
    if (Array.isArray(this)) this[0] = { a: [0] };
    for (let i = 0; i < 1e6; i++);
    return value;
  });
}

function onIdentify() {
  return 'still here';
}
