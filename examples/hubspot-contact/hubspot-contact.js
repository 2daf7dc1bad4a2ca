// A destination function: keeps a contact in HubSpot for each user who is identified.

async function onIdentify(event, settings) {
  const { email, first_name, last_name, phone, ...others } = event.traits || {};
  if (!email) throw new InvalidEventPayload(`the user ${event.userId} has no e-mail address`);

  const own = _.pick(others, settings.ownProperties);
  const properties = _.omitBy({ email, firstname: first_name, lastname: last_name, phone, ...own }, _.isNil);
  // Its own retries would take longer than a function has.
  const hubspot = new hubspotlib.hubspot.Client({ accessToken: settings.accessToken, numberOfApiCallRetries: 0 });
  try {
    return { id: await upsert(hubspot.crm.contacts.basicApi, email, properties) };
  } catch (error) {
    throw translated(error);
  }
}

async function upsert(contacts, email, properties) {
  try {
    const updated = await contacts.update(email, { properties }, 'email');
    return updated.id;
  } catch (error) {
    if (error.code !== 404) throw error;
    const created = await contacts.create({ properties });
    return created.id;
  }
}

function translated(error) {
  const { code, body } = error;
  // Without a number there was no answer.
  if (typeof code !== 'number') return new RetryError(error.message);
  // 409: somebody else has made the contact in between.
  if (code === 409 || code === 429 || code >= 500) return new RetryError(`HubSpot answered ${code}`);
  const reason = (body && body.message) || error.message;
  return code === 400 ? new InvalidEventPayload(`HubSpot: ${reason}`) : new Error(`HubSpot: ${code} ${reason}`);
}
