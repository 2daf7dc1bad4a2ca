// A source function: customers and orders of a Shopify store.

async function onRequest(request, settings) {
  verify(request, settings.clientSecret);
  const body = request.json();
  const topic = request.headers.get('x-shopify-topic');
  const common = { messageId: request.headers.get('x-shopify-webhook-id'), timestamp: body.updated_at };
  switch (topic) {
    case 'customers/create':
    case 'customers/update':
      return identify(body, common);
    case 'orders/paid':
      return order('Order Completed', body, common);
    case 'orders/cancelled':
      return order('Order Cancelled', body, common);
    default:
      throw new EventNotSupported(`no event for ${topic}`);
  }
}

function identify(customer, common) {
  const traits = _.pick(customer, ['email', 'phone', 'first_name', 'last_name', 'tags']);
  Segment.identify({ ...common, userId: String(customer.id), traits });
}

function order(event, { id, customer, currency, total_price, line_items }, common) {
  Segment.track({
    ...common,
    // Who buys as a guest has no account.
    ...(customer ? { userId: String(customer.id) } : { anonymousId: `order-${id}` }),
    event,
    properties: { order_id: String(id), currency, revenue: Number(total_price), products: line_items.map(product) },
  });
}

function product({ product_id, sku, title, price, quantity }) {
  return { product_id: String(product_id), sku, name: title, price: Number(price), quantity };
}

function verify(request, secret) {
  const expected = crypto.createHmac('sha256', secret).update(request.text()).digest();
  const given = Buffer.from(request.headers.get('x-shopify-hmac-sha256') || '', 'base64');
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    throw new ValidationError('the signature is not valid');
  }
}
