// A destination function: sends a text message by Twilio when a parcel is on its way.

async function onTrack(event, settings) {
  if (event.event !== 'Order Shipped') throw new EventNotSupported(`${event.event} is not texted`);
  const { phone } = (event.context && event.context.traits) || {};
  if (!/^\+\d{8,15}$/.test(phone)) throw new InvalidEventPayload(`${phone} is no phone number such as +4930123456`);

  const client = twilio(settings.accountSid, settings.authToken);
  try {
    const message = await client.messages.create({ from: settings.from, to: phone, body: textOf(event.properties) });
    return { sid: message.sid };
  } catch (error) {
    throw translated(error);
  }
}

function textOf({ order_id, tracking_url }) {
  return `Your order ${order_id} is on its way. Follow it at ${tracking_url}`;
}

function translated({ status, code, message }) {
  // Without a status there was no answer.
  if (!status || status === 429 || status >= 500) return new RetryError(`Twilio: ${message}`);
  // It is not a mobile phone's number, or its owner has opted out: https://www.twilio.com/docs/api/errors
  if ([21211, 21610, 21614].includes(code)) return new InvalidEventPayload(`Twilio: ${message}`);
  return new Error(`Twilio: ${status} ${message}`);
}
