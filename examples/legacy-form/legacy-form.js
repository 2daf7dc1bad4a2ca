// A source function in the form of before 2019, which still runs: leads from the form of a website.
// What it logs says that the form is deprecated; shop-orders.js shows the one of today.

exports.processEvents = async (event) => {
  // Of each header there is a list.
  const { body, headers, queryParameters } = event.payload;
  if (!body || !body.email) throw new InvalidEventPayload('the form has no e-mail address');
  // People do not see this field, and leave it empty.
  if (body.website) throw new ValidationError('a robot has filled in the form');

  const anonymousId = body.visitor || body.email;
  return {
    events: [
      { type: 'identify', anonymousId, traits: { email: body.email, name: body.name } },
      {
        type: 'track',
        anonymousId,
        event: 'Form Sent',
        properties: { form: queryParameters.form, topics: [].concat(body.topic || []) },
        context: { userAgent: headers['User-Agent'][0] },
      },
    ],
    objects: [{ collection: 'leads', id: body.email, properties: { name: body.name, form: queryParameters.form } }],
  };
};
