for (const name of ['id', 'op', 'payload', 'settled', 'outbox', 'returned', 'answers', 'handler', 'kind', 'seed', 'fresh', 'handlers', 'promise', 'reason', 'resolve', 'reject', 'time_ms', 'level', 'text', 'delay_ms', 'name', 'message', 'stack', 'loading']) {
  Object.defineProperty(Object.prototype, name, { get() { return 'forged'; }, set() {}, configurable: true });
}

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return (await (await fetch('https://api.example/')).json()).ok;
}
