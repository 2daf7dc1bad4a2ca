// What stays of personal data. The same value gives the same pseudonym, so that counts and joins still work.

export function masked(value, rules) {
  if (Array.isArray(value)) return value.map((each) => masked(each, rules));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !rules.drop.includes(name));
  return Object.fromEntries(kept.map(([name, each]) => [name, maskedField(name, each, rules)]));
}

export function withoutHost(ip) {
  return ip.includes(':') ? `${ip.split(':').slice(0, 3).join(':')}::` : ip.replace(/\.\d+$/, '.0');
}

function maskedField(name, value, rules) {
  const isText = typeof value === 'string' || typeof value === 'number';
  return isText && rules.hash.includes(name) ? pseudonym(value, rules.salt) : masked(value, rules);
}

function pseudonym(value, salt) {
  const normal = String(value).trim().toLowerCase();
  return crypto.createHmac('sha256', salt).update(normal).digest('hex').slice(0, 32);
}
