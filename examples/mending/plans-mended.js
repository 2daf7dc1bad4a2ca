// The same without the fault.

async function onTrack(event) {
  const plan = event.properties.plan || 'free';
  console.log(`${event.userId} chose ${plan.toUpperCase()}`);
}
