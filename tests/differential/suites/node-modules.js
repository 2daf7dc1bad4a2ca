// Node's modules: each case is the path to a function, and its arguments.

const load = typeof require === 'function' ? require : globalThis[Symbol.for('penstock.node')];

function run([name, ...args]) {
  const [module, ...keys] = name.split('.');
  const holder = keys.slice(0, -1).reduce((value, key) => value[key], load(module));
  return holder[keys.at(-1)](...args);
}
