async function onTrack() {
  const signal = new (class AbortSignal { aborted = false; addEventListener() {} removeEventListener() { throw new Error('no'); } })();
  return (await fetch('https://api.example/', { signal })).status;
}
