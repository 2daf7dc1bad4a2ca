function onTrack() {
  throw {
    get name() { throw new Error('no name'); },
    get message() { throw new Error('no message'); },
    get stack() { throw new Error('no stack'); },
  };
}

function onIdentify() {
  return 'still here';
}
