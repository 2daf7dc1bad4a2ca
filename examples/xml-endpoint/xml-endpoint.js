// A destination function: sends orders to a warehouse that speaks XML, and reads in its XML what became of them.

async function onTrack(event, settings) {
  if (event.event !== 'Order Completed') throw new EventNotSupported(`${event.event} is nothing for the warehouse`);
  const { order_id, products } = event.properties || {};
  if (!order_id || _.isEmpty(products)) throw new InvalidEventPayload('the order has no order_id or no products');

  const response = await fetch(settings.endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/xml', Authorization: basic(settings) },
    body: orderXml(order_id, event, products),
  }).catch((error) => {
    throw new RetryError(error.message);
  });
  if (response.status === 429 || response.status >= 500) {
    throw new RetryError(`the warehouse answered ${response.status}`);
  }
  return accepted(await response.text());
}

function orderXml(id, event, products) {
  const item = products.map(({ sku, quantity, name }) => ({ $: { sku, quantity }, _: name }));
  const order = { $: { id }, placed: event.timestamp, customer: event.userId, item };
  return new xml2js.Builder({ renderOpts: { pretty: false } }).buildObject({ order });
}

// <result status="accepted" ref="…"/> or <result status="rejected"><reason>…</reason></result>, both with status 200.
async function accepted(text) {
  const { result } = await xml2js.parseStringPromise(text, { explicitArray: false, mergeAttrs: true }).catch((error) => {
    throw new RetryError(`the warehouse answered with no XML: ${error.message.split('\n')[0]}`);
  });
  if (result.status === 'busy') throw new RetryError('the warehouse is busy');
  if (result.status !== 'accepted') throw new InvalidEventPayload(`the warehouse refused the order: ${result.reason}`);
  return { ref: result.ref };
}

function basic({ user, password }) {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
