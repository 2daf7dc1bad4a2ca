// A destination function: calls an API that wants a short-lived token, signed with a private key, for each request.

async function onIdentify(event, settings) {
  if (!event.userId) throw new InvalidEventPayload('an anonymous user cannot be told of');

  const response = await fetch(`${settings.endpoint}/users/${encodeURIComponent(event.userId)}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${tokenFor(event, settings)}` },
    body: JSON.stringify(event.traits),
  }).catch((error) => {
    throw new RetryError(error.message);
  });
  if (response.status === 429 || response.status >= 500) throw new RetryError(`the API answered ${response.status}`);
  if (response.status === 422) throw new InvalidEventPayload(`the API does not take this: ${await response.text()}`);
  if (!response.ok) throw new Error(`the API refused the call: ${response.status} ${await response.text()}`);
}

function tokenFor(event, { privateKey, keyId, issuer, endpoint }) {
  return jsonwebtoken.sign({ scope: 'users:write' }, privateKey, {
    algorithm: 'RS256',
    keyid: keyId,
    issuer,
    audience: new URL(endpoint).origin,
    jwtid: event.messageId,
    expiresIn: '5m',
  });
}
