// A source function: turns the webhook that a shop sends for each order into a message.

async function onRequest(request, settings) {
  const order = request.json();
  if (!order.customer || !order.customer.id) throw new InvalidEventPayload('the order has no customer');

  Segment.track({
    userId: String(order.customer.id),
    event: 'Order Completed',
    // The same id each time that the shop repeats its webhook: destinations see the order once.
    messageId: `order-${order.id}`,
    properties: {
      order_id: String(order.id),
      total: Number(order.total_price),
      currency: order.currency || settings.currency,
      email: order.customer.email,
    },
  });
}
