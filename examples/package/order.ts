export interface Order {
  '@_id': string | number;
  customer: string | number;
  items?: { item: { sku: string | number; amount: number }[] };
}

export function itemsOf(order: Order): { sku: string; amount: number }[] {
  return (order.items?.item ?? []).map(({ sku, amount }) => ({ sku: String(sku), amount }));
}
