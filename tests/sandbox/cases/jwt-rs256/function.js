const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function isGenuine(token, publicKey) {
  const [header, claims, signature] = token.split('.');
  return crypto.createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(publicKey, signature, 'base64url');
}

async function onTrack(event, { privateKey, publicKey }) {
  const claims = { iss: 'penstock@example.com', sub: event.userId, iat: 1700000000, exp: 1700003600 };
  const unsigned = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  const token = `${unsigned}.${crypto.createSign('RSA-SHA256').update(unsigned).sign(privateKey, 'base64url')}`;
  const forged = token.replace('.', `.${part({ admin: true })}`);
  return { token, genuine: [token, forged].map((each) => isGenuine(each, publicKey)) };
}
