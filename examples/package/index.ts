// Orders that a supplier's system sends as XML, read by a package from npm.
import { XMLParser } from 'fast-xml-parser';
import { itemsOf, type Order } from './order';

const parser = new XMLParser({ ignoreAttributes: false, isArray: (name: string) => name === 'item' });

export async function onRequest(request: Penstock.ServerRequest): Promise<void> {
  const { order } = parser.parse(request.text()) as { order?: Order };
  if (!order) throw new InvalidEventPayload('the request holds no order');
  Segment.track({
    userId: String(order.customer),
    event: 'Order Placed',
    properties: { orderId: String(order['@_id']), items: itemsOf(order) },
  });
}
