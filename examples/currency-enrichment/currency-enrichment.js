// An insert function: adds to each order what it was worth in one currency, so that revenue can be summed up.

const HOUR_MS = 3600 * 1000;

async function onTrack(event, settings) {
  const { revenue, currency } = event.properties || {};
  if (revenue === undefined) return event;
  if (!Number.isFinite(revenue)) throw new InvalidEventPayload(`the revenue ${JSON.stringify(revenue)} is no number`);

  const rates = await cache.load(`rates of ${settings.base}`, HOUR_MS, () => loadRates(settings));
  const rate = rates[String(currency).toUpperCase()];
  if (!rate) throw new InvalidEventPayload(`there is no rate of the currency ${currency}`);
  event.properties[`revenue_${settings.base.toLowerCase()}`] = _.round(revenue / rate, 2);
  return event;
}

// What an insert function has no handler for does not reach the destination.
async function onIdentify(event) {
  return event;
}
async function onPage(event) {
  return event;
}

// How much of each currency one unit of the base buys. What throws here is not kept.
async function loadRates({ ratesUrl, base }) {
  const response = await fetch(`${ratesUrl}?base=${encodeURIComponent(base)}`).catch((error) => {
    throw new RetryError(error.message);
  });
  if (response.status === 429 || response.status >= 500) throw new RetryError(`the rates answered ${response.status}`);
  if (!response.ok) throw new Error(`there are no rates of ${base}: ${response.status} ${await response.text()}`);
  const { rates } = await response.json();
  return { ...rates, [base]: 1 };
}
