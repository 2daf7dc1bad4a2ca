// A destination function with a fault: not every signup has a plan.

async function onTrack(event) {
  console.log(`${event.userId} chose ${event.properties.plan.toUpperCase()}`);
}
