function* numbers() {
  for (let n = 0; ; n++) yield n;
}

function onTrack() {
  for (const n of numbers());
}

function onIdentify() {
  return 'still here';
}
