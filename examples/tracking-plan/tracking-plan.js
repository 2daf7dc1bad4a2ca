// An insert function of a source: events get the names of the tracking plan before they are routed, and noise ends here.
const NAMES = {
  'order completed': 'Order Completed',
  order_completed: 'Order Completed',
  purchase: 'Order Completed',
  'signed up': 'Signed Up',
  signup: 'Signed Up',
};

async function onTrack(event, settings) {
  const agent = event.context?.userAgent || '';
  if (settings.robots?.some((robot) => agent.includes(robot))) throw new DropEvent(`sent by ${agent}`);

  const name = NAMES[String(event.event).trim().toLowerCase()];
  if (!name && settings.strict) throw new ValidationError(`${event.event} is not in the tracking plan`);
  // Filters of destinations choose by it: see planned-sales.fql.
  event.context = { ...event.context, planned: Boolean(name) };
  event.event = name || event.event;
  return event;
}

async function onIdentify(event) {
  if (event.traits?.email) event.traits.email = event.traits.email.trim().toLowerCase();
  return event;
}

async function onPage(event) {
  return event;
}
