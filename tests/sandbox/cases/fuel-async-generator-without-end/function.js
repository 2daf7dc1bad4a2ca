async function* numbers() {
  for (let n = 0; ; n++) yield n;
}

async function onTrack() {
  for await (const n of numbers());
}

function onIdentify() {
  return 'still here';
}
