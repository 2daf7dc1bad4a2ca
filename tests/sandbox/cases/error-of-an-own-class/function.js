class Busy extends RetryError {}
class Named extends RetryError { constructor(message) { super(message); this.name = 'Named'; } }
class Wrong extends ValidationError { get name() { return 'Wrong'; } }
class Other extends Error {}
const made = [
  () => new Busy('m'),
  () => new Named('m'),
  () => new Wrong('m'),
  () => Object.assign(new Error('m'), { name: 'RetryError' }),
  () => ({ name: 'RetryError', message: 'm' }),
  () => new Other('m'),
  () => Object.create(new RetryError('m')),
];
async function onTrack({ n }) { throw made[n](); }
