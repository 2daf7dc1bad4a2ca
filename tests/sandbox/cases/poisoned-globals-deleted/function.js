const { getOwnPropertyNames } = Object;
const everything = globalThis;

async function onTrack({ n }) {
  for (const name of getOwnPropertyNames(everything)) delete everything[name];
  if (n === 2) throw null;
  return typeof Object + typeof JSON;
}
