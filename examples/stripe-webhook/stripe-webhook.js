// A source function: payments, refunds and subscriptions from Stripe.

const NAMES = {
  'charge.succeeded': 'Payment Succeeded',
  'charge.failed': 'Payment Failed',
  'charge.refunded': 'Payment Refunded',
  'customer.subscription.created': 'Subscription Started',
  'customer.subscription.deleted': 'Subscription Ended',
};

async function onRequest(request, settings) {
  const { id, type, created, data } = verified(request, settings.endpointSecret);
  const name = NAMES[type];
  if (!name) throw new EventNotSupported(`no event for ${type}`);
  const { customer, object, ...details } = data.object;
  if (!customer) throw new InvalidEventPayload(`the ${object} ${details.id} has no customer`);

  Segment.track({
    // The same when Stripe sends the event again.
    messageId: id,
    userId: customer,
    event: name,
    timestamp: new Date(created * 1000).toISOString(),
    properties: object === 'charge' ? payment(details) : subscription(details),
  });
}

// Stripe signs body and time; what is older than five minutes could be somebody's copy.
function verified(request, secret) {
  try {
    return stripe.webhooks.constructEvent(request.text(), request.headers.get('stripe-signature'), secret);
  } catch (error) {
    throw new ValidationError(error.message);
  }
}

function payment({ id, amount, currency, failure_message }) {
  return { charge_id: id, ...money(amount, currency), ...(failure_message && { reason: failure_message }) };
}

function subscription({ id, items }) {
  return { subscription_id: id, plans: items.data.map(({ price }) => price.id) };
}

// Stripe counts in the smallest unit, which of some currencies is the only one.
function money(amount, currency) {
  const isWhole = ['jpy', 'krw', 'vnd', 'clp', 'xaf', 'xof'].includes(currency);
  return { revenue: isWhole ? amount : amount / 100, currency: currency.toUpperCase() };
}
