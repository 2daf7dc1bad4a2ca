function onTrack() {
  const names = ['require', 'process', 'module', 'global', 'std', 'os', 'bjson', 'scriptArgs', 'print', 'load', 'gc', 'navigator',
    'WebAssembly', 'Deno', 'Bun', 'XMLHttpRequest', 'WebSocket', 'Worker', 'importScripts', 'postMessage'];
  return names.filter((name) => name in globalThis);
}
