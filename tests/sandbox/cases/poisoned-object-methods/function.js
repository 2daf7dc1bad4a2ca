for (const name of ['assign', 'create', 'defineProperty', 'entries', 'keys', 'hasOwn', 'fromEntries']) Object[name] = null;

async function onTrack() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return 'done';
}
