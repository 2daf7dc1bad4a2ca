async function onTrack() {
  const refused = Promise.reject(new Error('in good time'));
  await null;
  return refused.catch((error) => error.message);
}
