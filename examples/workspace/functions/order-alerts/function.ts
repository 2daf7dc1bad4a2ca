// A destination function: posts a line to a chat channel. Which events reach it is its destination's filter to say.
interface Settings extends Penstock.Settings {
  webhookUrl: string;
  mention: string[];
}

interface Order {
  order_id: string;
  total: number;
  currency: string;
}

async function onTrack(event: Penstock.Track<Order>, settings: Settings): Promise<void> {
  const order = event.properties;
  if (!order) throw new InvalidEventPayload('the order has no properties');

  const whom = settings.mention.map((name) => ` @${name}`).join('');
  const answer = await fetch(settings.webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: `Order ${order.order_id}: ${order.total.toFixed(2)} ${order.currency}${whom}` }),
  });
  if (answer.status === 429 || answer.status >= 500) throw new RetryError(`the chat answered ${answer.status}`);
  if (!answer.ok) throw new Error(`the chat refused the line: ${await answer.text()}`);
}
