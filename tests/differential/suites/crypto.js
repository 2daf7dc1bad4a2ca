// Each case is the name of a way and what it takes; bytes come in base64. The words createCipheriv and subtle load all.
const { subtle } = crypto.webcrypto;
const bytes = (text) => Buffer.from(text, 'base64');
const view = (text) => new Uint8Array(bytes(text));

/** Updates in pieces, each output by itself. */
function pieces(cipher, parts, input, output) {
  const given = parts.map((part) => cipher.update(input ? bytes(part).toString(input) : bytes(part), input, output));
  return [...given, cipher.final(output)];
}

function encrypt({ name, key, iv, aad, parts, padding = true, tagLength, input, output }) {
  const cipher = crypto.createCipheriv(name, bytes(key), iv === null ? null : bytes(iv), { authTagLength: tagLength });
  if (aad) cipher.setAAD(bytes(aad));
  cipher.setAutoPadding(padding);
  const given = pieces(cipher, parts, input, output);
  return name.endsWith('gcm') ? [...given, cipher.getAuthTag()] : given;
}

function decrypt({ name, key, iv, aad, parts, padding = true, tag, output }) {
  const decipher = crypto.createDecipheriv(name, bytes(key), iv === null ? null : bytes(iv));
  if (aad) decipher.setAAD(bytes(aad));
  if (tag) decipher.setAuthTag(bytes(tag));
  decipher.setAutoPadding(padding);
  return pieces(decipher, parts, undefined, output);
}

/** Encrypts, cuts the outcome anew, and decrypts. */
function around({ cuts, ...given }) {
  const sealed = encrypt({ ...given, output: undefined, input: undefined });
  const tag = given.name.endsWith('gcm') ? sealed.pop().toString('base64') : undefined;
  const whole = Buffer.concat(sealed);
  const ends = [...cuts.map((cut) => Math.floor(cut * whole.length)).sort((a, b) => a - b), whole.length];
  const parts = ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end).toString('base64'));
  return decrypt({ ...given, parts, tag });
}

function hashed({ name, key, parts, encoding }) {
  const hash = key === undefined ? crypto.createHash(name) : crypto.createHmac(name, bytes(key));
  for (const part of parts) hash.update(bytes(part));
  return hash.digest(encoding);
}

const promised = (call) =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));

function keyOf({ pem, jwk, side, passphrase }) {
  const key = jwk ? { key: jwk, format: 'jwk' } : passphrase ? { key: pem, passphrase } : pem;
  return side === 'private' ? crypto.createPrivateKey(key) : crypto.createPublicKey(key);
}

function described(given) {
  const key = keyOf(given);
  const { publicExponent, ...details } = key.asymmetricKeyDetails;
  return [key.type, key.asymmetricKeyType, details, String(publicExponent)];
}

const withKey = ({ pem, padding, saltLength, dsaEncoding }) => ({
  key: pem,
  ...(padding && { padding: crypto.constants[padding] }),
  ...(saltLength !== undefined && { saltLength }),
  ...(dsaEncoding && { dsaEncoding }),
});

function streamedVerify({ algorithm, data, signature, ...key }) {
  return crypto.createVerify(algorithm).update(bytes(data)).verify(withKey(key), signature, 'base64');
}

const USES = { HMAC: ['sign', 'verify'], PBKDF2: ['deriveBits'], HKDF: ['deriveBits'] };

/** The fields of a WebCrypto algorithm that are bytes. */
function algorithm({ iv, counter, additionalData, salt, info, label, ...rest }) {
  const given = Object.entries({ iv, counter, additionalData, salt, info, label });
  return {
    ...rest,
    ...Object.fromEntries(given.filter(([, text]) => text !== undefined).map(([name, text]) => [name, view(text)])),
  };
}

const secretKey = (key, { name, hash }, uses = USES[name] ?? ['encrypt', 'decrypt']) =>
  subtle.importKey('raw', view(key), { name, hash }, !USES[name] || name === 'HMAC', uses);

const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

const SIDES = { private: 'pkcs8', public: 'spki' };

async function webKey({ der, side, key, uses }) {
  return subtle.importKey(SIDES[side], view(der), key, true, uses);
}

const WAYS = {
  hashed,
  encrypt,
  decrypt,
  around,
  pbkdf2: ({ password, salt, iterations, length, digest }) =>
    promised((done) => crypto.pbkdf2(bytes(password), bytes(salt), iterations, length, digest, done)),
  scrypt: ({ password, salt, length, options }) =>
    promised((done) => crypto.scrypt(bytes(password), bytes(salt), length, options, done)),
  hkdf: ({ digest, ikm, salt, info, length }) => crypto.hkdfSync(digest, bytes(ikm), bytes(salt), bytes(info), length),
  described,
  exported: ({ options, ...given }) => keyOf(given).export(options),
  exportedPublic: ({ options, ...given }) =>
    crypto.createPublicKey(keyOf({ ...given, side: 'private' })).export(options),
  sign: ({ algorithm, data, ...key }) => crypto.sign(algorithm, bytes(data), withKey(key)),
  streamedSign: ({ algorithm, data, ...key }) =>
    crypto.createSign(algorithm).update(bytes(data)).sign(withKey(key), 'base64'),
  verify: ({ algorithm, data, signature, ...key }) =>
    crypto.verify(algorithm, bytes(data), withKey(key), Buffer.from(signature, 'base64')),
  streamedVerify,
  publicEncrypt: ({ pem, data, ...options }) => crypto.publicEncrypt({ key: pem, ...options }, bytes(data)),
  privateDecrypt: ({ pem, data, ...options }) => crypto.privateDecrypt({ key: pem, ...options }, bytes(data)),
  agree: ({ own, other }) =>
    crypto.diffieHellman({ privateKey: crypto.createPrivateKey(own), publicKey: crypto.createPublicKey(other) }),
  ecdh({ curve, own, other, format }) {
    const ecdh = crypto.createECDH(curve);
    ecdh.setPrivateKey(own, 'base64');
    const peer = crypto.createECDH(curve);
    peer.setPrivateKey(other, 'base64');
    return [
      ecdh.getPublicKey('hex', format),
      ecdh.computeSecret(peer.getPublicKey(null, format), null, 'hex'),
      ecdh.getPrivateKey('hex'),
    ];
  },
  digest: ({ name, data }) => subtle.digest(name, view(data)),
  async sealed({ key, algorithm: given, data }) {
    const cryptoKey = await secretKey(key, given);
    const sealed = await subtle.encrypt(algorithm(given), cryptoKey, view(data));
    return [sealed, await subtle.decrypt(algorithm(given), cryptoKey, sealed)];
  },
  async opened({ key, algorithm: given, data }) {
    return subtle.decrypt(algorithm(given), await secretKey(key, given), view(data));
  },
  async mac({ key, algorithm: given, data }) {
    const cryptoKey = await secretKey(key, given);
    const mac = await subtle.sign('hmac', cryptoKey, view(data));
    const jwk = sorted(await subtle.exportKey('jwk', cryptoKey));
    return [
      mac,
      await subtle.verify('HMAC', cryptoKey, mac, view(data)),
      await subtle.verify('HMAC', cryptoKey, mac, view('AA==')),
      jwk,
    ];
  },
  bits: async ({ key, algorithm: given, length }) =>
    subtle.deriveBits(algorithm(given), await secretKey(key, given), length),
  async webExported(given) {
    const { format } = given;
    const key = await webKey(given);
    const content = await subtle.exportKey(format, key);
    return [
      sorted({ type: key.type, usages: key.usages, ...key.algorithm }),
      format === 'jwk' ? sorted(content) : content,
    ];
  },
  webSign: async ({ data, algorithm: given, ...key }) =>
    Buffer.from(await subtle.sign(algorithm(given), await webKey(key), view(data))).toString('base64'),
  webVerify: async ({ data, signature, algorithm: given, ...key }) =>
    subtle.verify(algorithm(given), await webKey(key), view(signature), view(data)),
};

const run = ([way, given]) => WAYS[way](given);
