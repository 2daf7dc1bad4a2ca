// A source function: turns the webhook that a shop sends for each order into Segment messages.

const TOPICS = {
  'orders/paid': 'Order Completed',
  'orders/cancelled': 'Order Cancelled',
};

async function onRequest(request, settings) {
  const topic = request.headers.get('x-shop-topic');
  const name = TOPICS[topic];
  if (!name) throw new EventNotSupported(`no event for the topic ${topic}`);

  const order = request.json();
  if (!order.customer || !order.customer.id) {
    throw new InvalidEventPayload('the order has no customer');
  }

  const userId = String(order.customer.id);
  Segment.identify({
    userId,
    traits: _.pick(order.customer, ['email', 'first_name', 'last_name']),
  });
  Segment.track({
    userId,
    event: name,
    // The same id each time that the shop repeats its webhook: destinations see the order once.
    messageId: `${topic}-${order.id}`,
    timestamp: order.processed_at,
    properties: {
      order_id: String(order.id),
      currency: order.currency,
      total: Number(order.total_price),
      products: order.line_items.map((item) => ({
        product_id: item.sku,
        name: item.title,
        price: Number(item.price),
        quantity: item.quantity,
      })),
    },
  });
  console.log(`order ${order.id}: ${order.line_items.length} products, ${order.total_price} ${order.currency}`);
}
